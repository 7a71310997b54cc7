// npm start: builds what has changed, then is the hub. `npm start -- --port 7100` passes flags on.
import { build } from "./build.mjs";

const say = (line) => process.stderr.write(`${line}\n`);
await build({ say });
const program = new URL("../dist/server.js", import.meta.url);
process.argv = [process.execPath, program.pathname, "--open", ...process.argv.slice(2)];
await import(program.href);
