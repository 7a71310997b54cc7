// The process entry: `node main.ts [--port N] [--host H] [--socket PATH] [--with-parent]`. Prints its address on one line and serves
// until SIGTERM or SIGINT; with --with-parent also until its standard input closes. Exits with 2 for wrong arguments, 1 when it cannot listen.
import { parseArgs } from "node:util";
import { toAnyWorkError } from "@anywork/protocol";
import { createModelSim, type ListenOptions } from "./server.ts";

function readArguments(args: string[]): ListenOptions {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: "string", default: "0" },
      host: { type: "string" },
      socket: { type: "string" },
      "with-parent": { type: "boolean" },
    },
  });
  if (values.socket !== undefined) return { socket: values.socket };
  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535)
    throw new Error(`--port takes a number from 0 to 65535, not "${values.port}"`);
  return { port, ...(values.host !== undefined && { host: values.host }) };
}

function stopWith(code: number, message: string): never {
  process.stderr.write(`model-sim: ${message}\n`);
  process.exit(code);
}

function readArgumentsOrStop(): ListenOptions {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    return stopWith(2, error instanceof Error ? error.message : String(error));
  }
}

const where = readArgumentsOrStop();
const sim = createModelSim({ keepRequests: 0 });
// The pipe from the parent closes when it dies, however it dies.
if (process.argv.includes("--with-parent")) process.stdin.once("close", () => process.exit(0)).resume();
for (const signal of ["SIGTERM", "SIGINT"] as const)
  process.once(signal, () => void sim.close().then(() => process.exit(0)));
try {
  const { url } = await sim.listen(where);
  process.stdout.write(`${url}\n`);
} catch (error) {
  const { message, hint } = toAnyWorkError(error);
  stopWith(1, hint === undefined ? message : `${message} ${hint}`);
}
