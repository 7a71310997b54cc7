import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createNoSandbox } from "./none.ts";
import { openSandbox, probeSandbox } from "./probe.ts";
import { processesWith } from "./process-tree.ts";
import type { Sandbox } from "./sandbox.ts";

const probed = await openSandbox({ mode: "auto", network: false });
const open = await openSandbox({ mode: "auto", network: true });
const hasBubblewrap = probed.state.kind === "bubblewrap";

let base: string;
let workspace: string;
beforeEach(async () => {
  base = await realpath(await mkdtemp(path.join(tmpdir(), "sandbox-")));
  workspace = path.join(base, "workspace");
  await mkdir(workspace);
  await writeFile(path.join(base, "secret"), "secret");
});
afterEach(() => rm(base, { recursive: true, force: true }));

async function run(sandbox: Sandbox, command: string, env: Record<string, string> = {}) {
  const child = sandbox.spawn({ argv: ["/bin/sh", "-c", command], cwd: workspace, workspace, env });
  const [out, err, exit] = await Promise.all([text(child.stdout), text(child.stderr), child.exited]);
  await child.kill();
  return { out, err, code: exit.code };
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 15_000; !(await condition()); ) {
    if (Date.now() > deadline) throw new Error("it never became true");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const kinds: [string, Sandbox, boolean][] = [
  ["bubblewrap", probed.sandbox, hasBubblewrap],
  ["none", createNoSandbox(), true],
];

describe.each(kinds)("sandbox %s", (_, sandbox, isHere) => {
  const skip = { skip: !isHere };

  it("runs a command in the workspace, where it may write", skip, async () => {
    const { out, code } = await run(sandbox, "pwd; echo hi > file; exit 3");
    expect(out).toBe(`${workspace}\n`);
    expect(code).toBe(3);
    expect(await readFile(path.join(workspace, "file"), "utf8")).toBe("hi\n");
  });

  it("gives node, a small environment, and nothing of ours", skip, async () => {
    process.env.ANYWORK_TEST_CANARY = "canary";
    const { out } = await run(sandbox, "node -e 'console.log(process.version)'; env", { EXTRA: "1" });
    delete process.env.ANYWORK_TEST_CANARY;
    expect(out).toContain(process.version);
    expect(out).toContain(`HOME=${workspace}`);
    expect(out).toContain("EXTRA=1");
    expect(out).not.toContain("canary");
  });

  it("ends the whole tree: children, those in a session of their own, those that ignore SIGTERM", skip, async () => {
    const mark = `MARK=${base}`;
    const command = "trap '' TERM; (setsid sh -c 'trap \"\" TERM; sleep 300' &) ; sleep 300 & sleep 300; sleep 300";
    const child = sandbox.spawn({
      argv: ["/bin/sh", "-c", command],
      cwd: workspace,
      workspace,
      env: { MARK: base },
    });
    await until(() => processesWith(mark).length >= 4);
    await Promise.all([child.kill(), child.kill()]);
    expect(processesWith(mark)).toEqual([]);
    await child.exited;
  });

  it("gives a command time to clean up", skip, async () => {
    const command = "trap 'echo bye > bye; exit' TERM; echo > ready; while :; do sleep 0.05; done";
    const child = sandbox.spawn({ argv: ["/bin/sh", "-c", command], cwd: workspace, workspace });
    await until(() => readFile(path.join(workspace, "ready")).then(Boolean, () => false));
    await child.kill();
    expect(await readFile(path.join(workspace, "bye"), "utf8")).toBe("bye\n");
  });

  it("tells a program that is not there", skip, async () => {
    const child = sandbox.spawn({ argv: ["/no/such/program"], cwd: workspace, workspace });
    const failed = await child.exited.then(
      ({ code }) => code !== 0,
      (error) => error.code === "tool_failed",
    );
    expect(failed).toBe(true);
    await child.kill();
  });

  it("says of each limit whether it is enforced", skip, () => {
    const limits = sandbox.describe();
    expect(limits.map((limit) => limit.name)).toEqual(
      expect.arrayContaining(["filesystem", "network", "processes", "environment"]),
    );
  });
});

describe("bubblewrap", { skip: !hasBubblewrap }, () => {
  it("shows nothing of the machine but system folders and the workspace", async () => {
    const { out } = await run(
      probed.sandbox,
      `cat ${base}/secret; ls /root /home /work /var /run ${base}; ls -A /tmp; ls /etc`,
    );
    expect(out).not.toContain("secret");
    expect(out).toContain("workspace");
    expect(out).not.toMatch(/shadow|sudoers/);
    expect(out).not.toContain(".ssh");
  });

  it.each([
    ["system folders", "touch /usr/bin/x /etc/x /bin/x"],
    ["the workspace's neighbour", "touch ../x && ls ../x && test -e ../secret"],
    ["kernel settings", "test -w /proc/sys/kernel/core_pattern"],
    ["the kernel's keys", "test -w /proc/sysrq-trigger"],
    ["our node", 'echo > "$(command -v node)"'],
    ["a system folder that it has mounted again", "mount -o remount,rw,bind /usr && touch /usr/anywork-test-x"],
  ])("refuses to write to %s", async (_, command) => {
    expect((await run(probed.sandbox, command)).code).not.toBe(0);
    expect(await readFile(path.join(base, "x")).catch(() => null)).toBeNull();
  });

  it("has no capabilities, whoever runs us, and sees no private keys of the machine", async () => {
    const { out } = await run(probed.sandbox, "grep Cap /proc/self/status; ls /etc/ssl /etc/pki/tls");
    expect(out.match(/^Cap\w+:\t0+$/gm)).toHaveLength(5);
    expect(out).not.toContain("private");
  });

  it("has no network, not even this machine's", async () => {
    const { out } = await run(probed.sandbox, "tail -n +3 /proc/net/dev | grep -v ' lo:' | wc -l");
    expect(out.trim()).toBe("0");
  });

  it("has the machine's network when the configuration opens it", async () => {
    const command = "readlink /proc/self/ns/net";
    const [inside, outside] = await Promise.all([run(open.sandbox, command), run(createNoSandbox(), command)]);
    expect(inside.out).toBe(outside.out);
  });

  it("sees only its own processes", async () => {
    const { out } = await run(probed.sandbox, "ls /proc | grep -c '^[0-9]'");
    expect(Number(out)).toBeLessThan(10);
  });
});

describe("probe", () => {
  it("says that the configuration switched it off", async () => {
    expect(await probeSandbox({ mode: "none", network: false })).toMatchObject({
      kind: "none",
      hint: expect.stringContaining("auto"),
    });
  });

  it("says that it is not installed, and how to install it", async () => {
    const state = await probeSandbox({ mode: "auto", network: false }, "/no/such/bwrap");
    expect(state).toMatchObject({ kind: "none", reason: expect.any(String), hint: expect.any(String) });
  });

  it("says what a failing trial start said", { skip: process.platform !== "linux" }, async () => {
    const program = path.join(base, "bwrap");
    await writeFile(program, "#!/bin/sh\necho 'no namespaces for you' >&2\nexit 1\n", { mode: 0o755 });
    const state = await probeSandbox({ mode: "auto", network: false }, program);
    expect(state).toMatchObject({ kind: "none", reason: expect.stringContaining("no namespaces for you") });
  });
});
