// npm run bench: ours beside floors written for it, in one run. `--quick` shows in half a minute that it works; its
// figures mean little and are printed only. `--only latency,throughput,start,memory` measures a part and prints it.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { build } from "../scripts/build.mjs";

const { values } = parseArgs({ options: { quick: { type: "boolean" }, only: { type: "string" } } });
const say = (line) => process.stderr.write(`${line}\n`);
await build({ say });
const { measure, parts } = await import("./measure.ts");
const { report } = await import("./report.ts");
const chosen = values.only?.split(",") ?? parts;
const figures = await measure({ size: values.quick ? "quick" : "full", chosen, say });
const text = report(figures);
process.stdout.write(text);
if (!values.quick && values.only === undefined) writeFileSync(new URL("RESULTS.md", import.meta.url), text);
