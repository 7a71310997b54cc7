import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createModelSim, demoPrompts } from "./index.ts";

const run = promisify(execFile);
const sim = createModelSim({ demoPaceMs: 0 });
let client: Anthropic;
let workspace: string;

beforeAll(async () => {
  const { url } = await sim.listen({ port: 0 });
  client = new Anthropic({ baseURL: url, apiKey: "any", maxRetries: 0 });
  workspace = await mkdtemp(join(tmpdir(), "sim-demo-"));
});
afterAll(async () => {
  await sim.close();
  await rm(workspace, { recursive: true });
});

const names = ["write", "bash", "read", "edit", "list", "search"];
const tools: Anthropic.Tool[] = names.map((name) => ({ name, input_schema: { type: "object" } }));

/** The tools of the product in their plainest form; they really do what they are asked to. */
async function use(name: string, args: Record<string, string>): Promise<string> {
  const path = join(workspace, args.path ?? ".");
  switch (name) {
    case "write":
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, args.content ?? "");
      return "written";
    case "edit": {
      const text = await readFile(path, "utf8");
      if (text.split(args.old_text ?? "").length !== 2) throw new Error("old_text must stand there exactly once");
      await writeFile(path, text.replace(args.old_text ?? "", args.new_text ?? ""));
      return "edited";
    }
    case "read":
      return readFile(path, "utf8");
    case "list":
      return (await readdir(path)).join("\n");
    case "bash":
      return (await run("bash", ["-c", args.command ?? ""], { cwd: workspace })).stdout;
    default:
      throw new Error(`no such tool: ${name}`);
  }
}

interface Played {
  outputs: string[];
  called: string[];
  text: string;
}

async function play(prompt: string, act: typeof use = use): Promise<Played> {
  const messages: Anthropic.MessageParam[] = [{ role: "user", content: prompt }];
  const played: Played = { outputs: [], called: [], text: "" };
  for (;;) {
    const answer = await client.messages.stream({ model: "sim", max_tokens: 9999, tools, messages }).finalMessage();
    played.text = answer.content.map((block) => (block.type === "text" ? block.text : "")).join("");
    const calls = answer.content.filter((block) => block.type === "tool_use");
    if (calls.length === 0) return played;
    const results: Anthropic.ToolResultBlockParam[] = [];
    for (const { id, name, input } of calls) {
      played.called.push(name);
      const result = { type: "tool_result", tool_use_id: id } as const;
      try {
        const output = await act(name, input as Record<string, string>);
        played.outputs.push(output);
        results.push({ ...result, content: output });
      } catch (error) {
        results.push({ ...result, content: String(error), is_error: true });
      }
    }
    messages.push({ role: "assistant", content: answer.content }, { role: "user", content: results });
  }
}

describe("the offline demo", () => {
  it.each(demoPrompts)("$title: works with real tools and quotes what they really gave", async ({ prompt }) => {
    const { outputs, called, text } = await play(prompt);
    expect(called.length).toBeGreaterThan(1);
    expect(called[0]).toBe("write");
    expect(text).toContain(outputs.at(-1)?.trimEnd());
    expect(text).toContain("offline simulator");
  });

  it("really computes the primes and the week", async () => {
    expect((await play(demoPrompts[0]?.prompt ?? "")).outputs.at(-1)).toMatch(/^2\n3\n5\n7\n11\n(.+\n)*71\n$/);
    const week = await play(demoPrompts[1]?.prompt ?? "");
    expect(week.outputs.at(-2)?.trim()).toBe("8");
    expect(week.outputs.at(-1)).toMatch(/^day,date\nMonday,\d{4}-\d\d-\d\d\n(.+\n){5}Sunday,/);
  });

  it("shows in the edited page that the edit took place", async () => {
    expect((await play(demoPrompts[2]?.prompt ?? "")).text).toContain("<h1>Hello from AnyWork</h1>");
  });

  it("knows its prompts in other case, spacing and surroundings", async () => {
    const { called } = await play(`please: ${(demoPrompts[0]?.prompt ?? "").toUpperCase()}  now`);
    expect(called).toEqual(["write", "bash"]);
  });

  it("stops with the tool's own words when a tool fails", async () => {
    const { text, called } = await play(demoPrompts[0]?.prompt ?? "", () => Promise.reject(new Error("disk is full")));
    expect(called).toEqual(["write"]);
    expect(text).toContain("disk is full");
  });

  it("introduces itself honestly on any other prompt and offers what it can do", async () => {
    const { text, called } = await play("What is the meaning of life?");
    expect(called).toEqual([]);
    expect(text).toContain("offline simulator");
    expect(text).toContain("not a real model");
    expect(text).toContain("What is the meaning of life?");
    for (const { prompt } of demoPrompts) expect(text).toContain(prompt);
  });

  it("says which tool it lacks when it was given none", async () => {
    const messages: Anthropic.MessageParam[] = [{ role: "user", content: demoPrompts[0]?.prompt ?? "" }];
    const answer = await client.messages.create({ model: "sim", max_tokens: 99, messages });
    expect(answer.content).toMatchObject([{ type: "text", text: expect.stringContaining("`write`") }]);
  });
});
