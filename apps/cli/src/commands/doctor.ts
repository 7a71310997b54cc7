import { type DoctorReport, doctorReportSchema } from "@anywork/protocol";
import { Command } from "commander";
import { homeOf } from "../config.ts";
import { Complaint, exitCodes } from "../exit-codes.ts";
import { type Paint, paintFor } from "../paint.ts";
import { askProgram } from "../program.ts";

export function doctorCommand(): Command {
  return new Command("doctor")
    .summary("check this installation and say what to do")
    .description("Checks this installation. Each finding comes with its remedy. Ends with 1 when there is a problem.")
    .option("--json", "print the report as one JSON document")
    .option("--home <folder>", "the home to look at (default: ANYWORK_HOME, else your data folder)")
    .addHelpText("after", "\nExample:\n  anywork doctor --json | jq '.checks[] | select(.state != \"ok\")'")
    .action(async ({ json, home }: { json?: true; home?: string }) => {
      const report = await examine(homeOf(home));
      process.stdout.write(
        json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report, paintFor(process.stdout)),
      );
      process.exitCode = hasProblem(report) ? exitCodes.failed : exitCodes.completed;
    });
}

/** The checks run in the server program: it alone knows the rules of its configuration and its files. */
async function examine(home: string): Promise<DoctorReport> {
  const { code, stdout } = await askProgram("server", ["doctor", "--home", home]);
  if (code === 0) return doctorReportSchema.parse(JSON.parse(stdout));
  const hint = "Install AnyWork again with: npm ci";
  throw new Complaint(`The checks ended with exit code ${code} before they were done.`, hint, exitCodes.failed);
}

export const hasProblem = (report: DoctorReport): boolean => report.checks.some(({ state }) => state === "problem");

const looks = {
  ok: { sign: "✓", style: "green" },
  warning: { sign: "!", style: "yellow" },
  problem: { sign: "✗", style: "red" },
} as const;

export function renderReport(report: DoctorReport, paint: Paint): string {
  const width = Math.max(...report.checks.map(({ name }) => name.length));
  const lines = report.checks.flatMap(({ name, state, message, remedy }) => {
    const { sign, style } = looks[state];
    const first = `${paint(style, sign)} ${name.padEnd(width)}  ${message}`;
    return remedy === null ? [first] : [first, `  ${" ".repeat(width)}  ${paint("dim", `→ ${remedy}`)}`];
  });
  return [`AnyWork ${report.version}, home ${report.home}`, "", ...lines, "", summary(report), ""].join("\n");
}

function summary({ checks }: DoctorReport): string {
  const count = (state: string) => checks.filter((check) => check.state === state).length;
  const problems = count("problem");
  const warnings = count("warning");
  if (problems + warnings === 0) return "All is well.";
  return [problems > 0 && plural(problems, "problem"), warnings > 0 && plural(warnings, "warning")]
    .filter(Boolean)
    .join(", ");
}

const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`;
