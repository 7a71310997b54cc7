import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type HubProcess, makeHome, removeHome, startHubProcess, until } from "@anywork/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command, startCommand } from "./command.ts";
import { startCuttingProxy } from "./cutting-proxy.ts";

let hub: HubProcess;
beforeAll(async () => {
  hub = await startHubProcess();
});
afterAll(() => hub.stop());

const run = (...args: string[]) => ["run", "--home", hub.home, "--agent", "echo", ...args];
const sessionOf = (stderr: string) => /session (\S+)/.exec(stderr)?.[1] ?? "";
const tasksOf = async (session: string) => {
  const answer = await hub.http("GET", `/api/sessions/${session}/tasks`);
  return answer.reply("sessionTasks").tasks;
};

describe("anywork run", () => {
  it("prints the answer to standard output and ends with 0", async () => {
    const { code, stdout, stderr } = await command(run("good morning"));
    expect({ code, stdout }).toEqual({ code: 0, stdout: "good morning\n" });
    expect(stderr).toMatch(/^session [\w-]{36}\n$/);
  });

  it("prints words as they come, long before the end", async () => {
    const running = startCommand(run("/slow 200 one two three four five six seven eight nine ten"));
    await until(() => running.stdout().includes("one "), "the first word is there");
    expect(running.child.exitCode).toBeNull();
    expect(running.stdout()).not.toContain("ten");
    expect((await running.ended).stdout).toBe("one two three four five six seven eight nine ten\n");
  });

  it("shows a failure on standard error and ends with 1", async () => {
    const { code, stdout, stderr } = await command(run("/fail the machine is tired"));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("✗ the machine is tired");
  });

  it("says how to connect a model when there is none", async () => {
    const { code, stderr } = await command(["run", "--home", hub.home, "hello"]);
    expect(code).toBe(1);
    expect(stderr).toContain("ANTHROPIC_API_KEY");
  });

  it("reads the message from standard input for -", async () => {
    const { code, stdout } = await command(run("-"), { stdin: "from\na pipe\n" });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "from\na pipe\n" });
  });

  it("goes on with a session by its name, and shows only what was asked now", async () => {
    expect((await command(run("--session", "pr-17", "first"))).stdout).toBe("first\n");
    const second = await command(run("--session", "pr-17", "second"));
    expect(second).toEqual({ code: 0, stdout: "second\n", stderr: "" });
    expect(await tasksOf("pr-17")).toHaveLength(2);
  });

  it("waits its turn behind a running task and says so", async () => {
    const first = startCommand(run("--session", "busy", "/slow 300 a b c d e f"));
    await until(() => first.stdout().includes("a "), "the first task runs");
    const second = await command(run("--session", "busy", "me too"));
    expect(second.stdout).toBe("me too\n");
    expect(second.stderr).toContain("queued behind 1");
    expect((await first.ended).code).toBe(0);
  });

  it("with --json it prints each frame as one line and nothing else", async () => {
    const { code, stdout, stderr } = await command(run("--json", "two words"));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const frames = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(frames.map(({ type }) => type)).toEqual([
      "session_created",
      "status",
      "status",
      "text",
      "text",
      "usage",
      "done",
    ]);
    expect(frames.slice(1).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(frames.at(-1)?.metadata).toMatchObject({ status: "completed", result: "two words" });
  });

  it("Ctrl-C cancels the task, waits for its end and ends with 130", async () => {
    const running = startCommand(run("/hang"));
    await until(() => running.stdout().includes("…"), "the task runs");
    running.child.kill("SIGINT");
    const { code, stderr } = await running.ended;
    expect(code).toBe(130);
    expect(stderr).toContain("canceling");
    const [task] = await tasksOf(sessionOf(stderr));
    expect(task?.status).toBe("canceled");
  });

  it("Ctrl-C again leaves without waiting for a hub that hangs", async () => {
    const own = await startHubProcess();
    const running = startCommand(["run", "--home", own.home, "--agent", "echo", "/hang"]);
    try {
      await until(() => running.stdout().includes("…"), "the task runs");
      process.kill(own.pid, "SIGSTOP");
      running.child.kill("SIGINT");
      await until(() => running.stderr().includes("again leaves at once"), "the first is taken");
      // One that comes too soon is the same one, handed on by the launcher.
      await until(() => !running.child.kill("SIGINT") || running.child.exitCode !== null, "it leaves");
      expect((await running.ended).code).toBe(130);
    } finally {
      running.child.kill("SIGKILL");
      process.kill(own.pid, "SIGCONT");
      await own.stop();
    }
  });

  it("a closed pipe ends it quietly while the task goes on", async () => {
    const running = startCommand(run("/slow 100 a b c d e f g h"));
    await until(() => running.stdout().includes("a "), "the first word is there");
    running.child.stdout.destroy();
    const { code, stderr } = await running.ended;
    expect(code).toBe(141);
    expect(stderr).toMatch(/^session \S+\n$/);
    const session = sessionOf(stderr);
    await until(async () => (await tasksOf(session))[0]?.status === "completed", "the task completes by itself");
  });

  it("an agent that does not exist is refused with 4, and those that do are named", async () => {
    const { code, stdout, stderr } = await command(["run", "--home", hub.home, "--agent", "nobody", "hello"]);
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    expect(stderr).toContain("There is no agent named “nobody”.");
    expect(stderr).toContain("default, echo");
  });

  it.each([
    ["an empty message", ["  "], "must not be empty"],
    ["a bad session id", ["--session", "a/b", "hello"], "session id"],
  ])("%s is refused with 4", async (_, args, said) => {
    const { code, stderr } = await command(run(...args));
    expect(code).toBe(4);
    expect(stderr).toContain(said);
  });

  it("a message that is far too long is refused with 4 instead of being sent", async () => {
    const { code, stderr } = await command(run("-"), { stdin: "x".repeat(2_000_000) });
    expect(code).toBe(4);
    expect(stderr).toContain("at most 200,000 characters");
  });
});

describe("anywork run around the hub's life", () => {
  it("without a hub it ends with 3 and says how to start one", async () => {
    const home = makeHome();
    const { code, stdout, stderr } = await command(["run", "--home", home, "hello"]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toContain("Start it with: anywork up");
    removeHome(home);
  });

  it("without sign-in it works the same", async () => {
    const open = await startHubProcess({ auth: "off" });
    const { code, stdout } = await command(["run", "--home", open.home, "--agent", "echo", "hello"]);
    await open.stop();
    expect({ code, stdout }).toEqual({ code: 0, stdout: "hello\n" });
  });

  it("a hub that is killed and comes back in the middle costs no word and repeats none", async () => {
    const own = await startHubProcess();
    try {
      const words = Array.from({ length: 40 }, (_, n) => `word${n}`).join(" ");
      const running = startCommand(["run", "--home", own.home, "--agent", "echo", `/slow 100 ${words}`]);
      await until(() => running.stdout().includes("word3 "), "some words are there");
      await own.kill9();
      await until(() => running.stderr().includes("trying again"), "the loss is seen");
      await own.restart();
      const { code, stdout } = await running.ended;
      expect({ code, stdout }).toEqual({ code: 0, stdout: `${words}\n` });
    } finally {
      await own.stop();
    }
  });

  it.each([
    ["did not arrive is sent again", false],
    ["arrived is not sent again", true],
  ])("a message whose connection broke on the way and which %s", async (name, arrived) => {
    const proxy = await startCuttingProxy(hub.port, { arrived });
    const home = makeHome();
    try {
      cpSync(join(hub.home, "token"), join(home, "token"));
      mkdirSync(join(home, "run"));
      const address = `http://127.0.0.1:${proxy.port}`;
      const record = { id: "hub", kind: "hub", pid: hub.pid, address, token: "", version: "", startedAt: "" };
      writeFileSync(join(home, "run", "hub.json"), JSON.stringify(record));
      const session = `cut-${arrived}`;
      const { code, stdout } = await command(["run", "--home", home, "--agent", "echo", "--session", session, name]);
      expect(proxy.hasCut()).toBe(true);
      expect({ code, stdout }).toEqual({ code: 0, stdout: `${name}\n` });
      expect(await tasksOf(session)).toHaveLength(1);
    } finally {
      proxy.close();
      rmSync(home, { recursive: true });
    }
  });
});
