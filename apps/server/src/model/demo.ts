// The offline demo's model: the simulator, as a child process that ends with the hub.
import { type ChildProcess, spawn } from "node:child_process";
import { AnyWorkError } from "@anywork/protocol";

export interface Demo {
  /** Its address, up to and with the version segment; started if need be. Throws unavailable. */
  start(): Promise<string>;
  stop(): void;
}

const deadlineMs = 15_000;

export function createDemo({ command, env }: { command: string[]; env: Record<string, string> }): Demo {
  let running: { child: ChildProcess; address: Promise<string> } | null = null;

  function launch() {
    const [program = "", ...args] = command;
    // Its standard input is our hold on it: when the hub dies, however it dies, the simulator sees it close and ends.
    const child = spawn(program, [...args, "--port", "0", "--with-parent"], { env, stdio: ["pipe", "pipe", "ignore"] });
    child.once("exit", () => {
      if (running?.child === child) running = null;
    });
    return { child, address: addressOf(child) };
  }

  return {
    async start() {
      running ??= launch();
      return `${await running.address}/v1`;
    },
    stop() {
      running?.child.kill("SIGTERM");
      running = null;
    },
  };
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) =>
      reject(new AnyWorkError("unavailable", `The demo's simulator did not start: ${why}.`));
    const timer = setTimeout(() => fail(`no address within ${deadlineMs / 1000} s`), deadlineMs);
    let text = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const [address] = /http:\/\/[\w.:[\]]+/.exec(text.includes("\n") ? text : "") ?? [];
      if (!address) return;
      clearTimeout(timer);
      resolve(address);
    });
    child.once("error", (error) => fail(error.message));
    child.once("exit", (code) => {
      clearTimeout(timer);
      fail(`it ended with exit code ${code}`);
    });
  });
}
