// In: a frame that is not text. Out: the lines about it that go to standard error; none for what a reader need not know.
import type { HubFrame } from "@anywork/protocol";
import { harmless, type Paint } from "../paint.ts";

type Metadata = Record<string, unknown>;

const argsWidth = 100;
const outputLines = { ok: 3, failed: 10 };

export function notesOn(frame: HubFrame, paint: Paint): string[] {
  const content = harmless(frame.content);
  const { metadata } = frame;
  switch (frame.type) {
    case "session_created":
      return [paint("dim", `session ${frame.session_id}`)];
    case "tool_call":
      return [`${paint("bold", `→ ${oneLine(content)}`)} ${shortArgs(metadata.args)}`.trimEnd()];
    case "tool_result":
      return toolResult(content, metadata, paint);
    case "status":
      return status(content, metadata, paint);
    case "approval_request":
      return [paint("yellow", `? ${content}`), "  Answer it in the page; this command waits."];
    case "artifact":
      return [paint("dim", `file ${oneLine(content)}`)];
    case "error":
      return errorNotes(content, metadata.hint, paint);
    case "cursor_reset":
    case "cursor_expired":
      return [paint("yellow", "Part of what was shown is void; it goes on from what the hub has kept.")];
    default:
      return []; // reasoning, usage, done, and what a later version may send
  }
}

function errorNotes(message: string, hint: unknown, paint: Paint): string[] {
  const lines = [paint("red", `✗ ${message}`)];
  return typeof hint === "string" && hint !== "" ? [...lines, `  ${harmless(hint)}`] : lines;
}

function status(content: string, metadata: Metadata, paint: Paint): string[] {
  switch (metadata.kind) {
    case "queued":
      return Number(metadata.position) > 0 ? [paint("dim", `… ${content}`)] : [];
    case "running":
      return Number(metadata.attempt) > 1 ? [paint("dim", `… attempt ${Number(metadata.attempt)}`)] : [];
    case "input_required":
      return [paint("yellow", "… waiting for an answer; give it in the page")];
    case "retrying":
      return [paint("yellow", `… ${retrying(metadata)}`)];
    case "attempt_lost":
      return [paint("yellow", "… the worker was lost: what it said is void, it starts again")];
    case "canceling":
      return [paint("dim", "… canceling")];
    default:
      return []; // live output of tools: its result follows
  }
}

function retrying({ code, delay_ms, retry, of }: Metadata): string {
  const seconds = Math.round(Number(delay_ms) / 100) / 10;
  return `the model answered ${harmless(String(code))}; again in ${seconds} s (${Number(retry)} of ${Number(of)})`;
}

function toolResult(content: string, metadata: Metadata, paint: Paint): string[] {
  const isOk = metadata.ok === true;
  const seconds = (Number(metadata.duration_ms) / 1000).toFixed(1);
  const all = content.trimEnd().split("\n");
  const shown = all.slice(0, isOk ? outputLines.ok : outputLines.failed).filter((line) => line !== "");
  const more = all.length - shown.length;
  return [
    isOk ? paint("green", `✓ ${seconds} s`) : paint("red", `✗ ${seconds} s`),
    ...shown.map((line) => paint("dim", `  ${line.slice(0, 200)}`)),
    ...(more > 0 && shown.length > 0 ? [paint("dim", `  … ${more} more line${more === 1 ? "" : "s"}`)] : []),
  ];
}

/** The one argument that says most when there is only one, else all as JSON; never longer than a line. */
function shortArgs(args: unknown): string {
  const entries = Object.entries((args ?? {}) as Metadata);
  const [only] = entries;
  const text =
    entries.length === 1 && typeof only?.[1] === "string" ? only[1] : JSON.stringify(Object.fromEntries(entries));
  if (entries.length === 0) return "";
  const line = oneLine(harmless(text));
  return line.length <= argsWidth ? line : `${line.slice(0, argsWidth - 1)}…`;
}

const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, " ⏎ ").trim();
