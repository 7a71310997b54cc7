import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSandbox } from "../sandbox/probe.ts";
import { processesWith } from "../sandbox/process-tree.ts";
import { createBackground } from "./background.ts";
import { builtinTools } from "./index.ts";
import { outputLimitChars } from "./output.ts";
import type { ToolContext, ToolResult } from "./tool.ts";

const { sandbox } = await openSandbox({ mode: "auto", network: false });
let base: string;
let workspace: string;
let context: ToolContext;
let live: string;
let canceler: AbortController;
beforeEach(async () => {
  base = await realpath(await mkdtemp(path.join(tmpdir(), "tools-")));
  workspace = path.join(base, "workspace");
  await mkdir(path.join(workspace, "files/outputs"), { recursive: true });
  await writeFile(path.join(base, "secret"), "secret");
  live = "";
  canceler = new AbortController();
  const onOutput = (text: string) => {
    live += text;
  };
  const background = createBackground();
  context = { callId: "call:1", workspace, sandbox, signal: canceler.signal, background, onOutput };
});
afterEach(async () => {
  await context.background.kill();
  await rm(base, { recursive: true, force: true });
});

function parse(name: string, args: unknown) {
  const tool = builtinTools.find((candidate) => candidate.name === name);
  if (!tool) throw new Error(`no tool ${name}`);
  return tool.parse(typeof args === "string" ? args : JSON.stringify(args));
}

async function call(name: string, args: unknown): Promise<ToolResult> {
  const parsed = parse(name, args);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.execute(context);
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 15_000; !(await condition()); ) {
    if (Date.now() > deadline) throw new Error("it never became true");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("arguments", () => {
  it("needs nothing but the command for bash, and describes itself as JSON Schema", () => {
    const bash = builtinTools.find((tool) => tool.name === "bash");
    expect(bash?.parameters).toMatchObject({ type: "object", required: ["command"] });
    expect(parse("bash", { command: "ls" }).ok).toBe(true);
  });

  it.each([
    ["bash", "{", "not valid JSON"],
    ["bash", "", "command"],
    ["bash", { command: 5 }, "command"],
    ["bash", { command: "ls", timeout_ms: 700_000 }, "timeout_ms"],
    ["write", { path: "a" }, "content"],
    ["read", "[]", "object"],
  ])("tells what is wrong: %s %j", (name, args, words) => {
    expect(parse(name, args)).toMatchObject({ ok: false, problem: expect.stringContaining(words) });
  });
});

describe("bash", () => {
  it("runs in the workspace, returns both outputs and shows them live", async () => {
    const result = await call("bash", { command: "pwd; echo oops >&2" });
    expect(result.ok).toBe(true);
    expect(result.output).toContain(workspace);
    expect(result.output).toContain("oops");
    expect(live).toContain(workspace);
  });

  it("tells the exit code of a failing command", async () => {
    expect(await call("bash", { command: "echo a; exit 7" })).toEqual({ ok: false, output: "a\n[exit code 7]" });
  });

  it("says so when there is no output", async () => {
    expect(await call("bash", { command: "true" })).toEqual({ ok: true, output: "(no output)" });
  });

  it("ends a command that takes too long, and keeps what it printed", async () => {
    const result = await call("bash", { command: "echo begun; sleep 300", timeout_ms: 200 });
    expect(result.ok).toBe(false);
    expect(result.output).toMatch(/^begun\n\[timed out after 200 ms/);
  });

  it("ends a command and all its children when canceled", async () => {
    const running = call("bash", { command: `MARK=${base} sh -c '(setsid sleep 300 &); sleep 300'` });
    await until(() => processesWith(`MARK=${base}`).length >= 2);
    canceler.abort();
    expect(await running).toMatchObject({ ok: false, output: "[canceled]" });
    expect(processesWith(`MARK=${base}`)).toEqual([]);
  });

  it("does not wait for what a command left behind, and ends it", async () => {
    const result = await call("bash", { command: `MARK=${base} setsid sleep 300 & echo done` });
    expect(result.output).toContain("done");
    expect(processesWith(`MARK=${base}`)).toEqual([]);
  });

  it("cuts 60 MB of output to head and tail, keeps 50 MB in a file, and its own memory small", async () => {
    context = { ...context, onOutput: () => undefined };
    const before = process.memoryUsage().rss;
    const result = await call("bash", {
      command: "echo first; head -c 60000000 /dev/zero | tr '\\0' 'x'; echo; echo last",
    });
    expect(result.ok).toBe(true);
    expect(result.output.length).toBeLessThan(outputLimitChars + 500);
    expect(result.output).toMatch(/^first\nxxx[\s\S]*files\/outputs\/\.tool-output\/call_1\.log[\s\S]*xxx\nlast\n$/);
    const { size } = await stat(path.join(workspace, "files/outputs/.tool-output/call_1.log"));
    expect(size).toBe(50 * 1024 * 1024);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
  });

  it("leaves no file behind for short output", async () => {
    await call("bash", { command: "echo hi" });
    expect(existsSync(path.join(workspace, "files/outputs/.tool-output"))).toBe(false);
  });

  it("does not write its log through a link that leads outside", async () => {
    await symlink(base, path.join(workspace, "files/outputs/.tool-output"));
    await expect(call("bash", { command: "head -c 100000 /dev/zero | tr '\\0' x" })).rejects.toMatchObject({
      code: "path_refused",
    });
    expect(existsSync(path.join(base, "call_1.log"))).toBe(false);
  });

  it("runs on in the background, logs to a file, and ends with the session", async () => {
    const started = await call("bash", { command: `echo here; MARK=${base} sleep 300`, background: true });
    expect(started).toMatchObject({ ok: true, output: expect.stringMatching(/pid \d+.*call_1\.log/) });
    const log = path.join(workspace, "files/outputs/.tool-output/call_1.log");
    await until(() =>
      readFile(log, "utf8").then(
        (text) => text === "here\n",
        () => false,
      ),
    );
    await until(() => processesWith(`MARK=${base}`).length > 0);
    await context.background.kill();
    expect(processesWith(`MARK=${base}`)).toEqual([]);
  });
});

describe("files", () => {
  it("writes, reads, edits and lists", async () => {
    await call("write", { path: "src/a.txt", content: "one\ntwo\nthree\n" });
    expect(await call("read", { path: "src/a.txt" })).toEqual({ ok: true, output: "one\ntwo\nthree" });
    expect((await call("read", { path: "src/a.txt", offset: 2, limit: 1 })).output).toBe(
      "two\n[lines 2 to 2 of 3; go on with offset 3]",
    );
    await call("edit", { path: "src/a.txt", old_text: "two", new_text: "$& 2" });
    expect(await readFile(path.join(workspace, "src/a.txt"), "utf8")).toBe("one\n$& 2\nthree\n");
    expect((await call("list", {})).output).toBe("files/\nfiles/outputs/\nsrc/\nsrc/a.txt");
  });

  it("edits only what is meant: a text that occurs once, unless all is wanted", async () => {
    await call("write", { path: "a", content: "x x" });
    expect(await call("edit", { path: "a", old_text: "x", new_text: "y" })).toMatchObject({ ok: false });
    expect(await call("edit", { path: "a", old_text: "z", new_text: "y" })).toMatchObject({ ok: false });
    expect(await call("edit", { path: "a", old_text: "x", new_text: "y", all: true })).toMatchObject({ ok: true });
    expect(await readFile(path.join(workspace, "a"), "utf8")).toBe("y y");
  });

  it("says that a file is binary, empty or shorter than asked", async () => {
    await writeFile(path.join(workspace, "bin"), Buffer.from([1, 0, 2]));
    await writeFile(path.join(workspace, "empty"), "");
    expect((await call("read", { path: "bin" })).output).toContain("binary");
    expect((await call("read", { path: "empty" })).output).toBe("(empty file)");
    await writeFile(path.join(workspace, "short"), "a\n");
    expect((await call("read", { path: "short", offset: 9 })).output).toContain("1 lines only");
  });

  it.each(["../secret", "/etc/passwd", "link", "folder/secret"])("refuses %s in every file tool", async (given) => {
    await symlink(path.join(base, "secret"), path.join(workspace, "link"));
    await symlink(base, path.join(workspace, "folder"));
    for (const [name, args] of [
      ["read", {}],
      ["write", { content: "x" }],
      ["edit", { old_text: "secret", new_text: "x" }],
      ["list", {}],
      ["search", { pattern: "secret" }],
    ] as const) {
      await expect(call(name, { path: given, ...args }), name).rejects.toMatchObject({ code: "path_refused" });
    }
    expect(await readFile(path.join(base, "secret"), "utf8")).toBe("secret");
  });
});

describe("search", () => {
  it("finds lines, with files relative to the workspace", async () => {
    await call("write", { path: "a/one.ts", content: "let x = 1;\nneedle here\n" });
    await call("write", { path: "b/two.md", content: "Needle there\n" });
    expect(await call("search", { pattern: "needle" })).toEqual({ ok: true, output: "a/one.ts:2:needle here" });
    expect((await call("search", { pattern: "needle", ignore_case: true, glob: "*.md" })).output).toBe(
      "b/two.md:1:Needle there",
    );
    expect((await call("search", { pattern: "-needle" })).output).toBe("(no matches)");
  });

  it("tells what is wrong with a pattern", async () => {
    expect(await call("search", { pattern: "(" })).toMatchObject({
      ok: false,
      output: expect.stringContaining("regex"),
    });
  });

  it("stops at what fits", async () => {
    for (let n = 0; n < 40; n += 1) {
      await writeFile(path.join(workspace, `f${n}`), `needle ${"x".repeat(200)}\n`.repeat(50));
    }
    const { output } = await call("search", { pattern: "needle" });
    expect(output.length).toBeLessThan(outputLimitChars + 100);
    expect(output).toContain("more matches");
  });
});
