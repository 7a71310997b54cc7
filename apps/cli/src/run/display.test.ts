import type { HubFrame } from "@anywork/protocol";
import { describe, expect, it } from "vitest";
import { plain } from "../paint.ts";
import { createJsonDisplay, createTextDisplay } from "./display.ts";

const frame = (type: string, content: string, metadata: Record<string, unknown> = {}): HubFrame => ({
  type,
  content,
  metadata,
  session_id: "s",
});

function record({ isTTY }: { isTTY: boolean }) {
  const written = { out: "", err: "" };
  const stdout = { isTTY, write: (text: string) => (written.out += text) };
  const stderr = { isTTY, write: (text: string) => (written.err += text) };
  return { written, display: createTextDisplay({ stdout, stderr, paint: plain }) };
}

describe("what a person sees", () => {
  it("text goes to standard output as it is, a tool's work in short lines to standard error", () => {
    const { written, display } = record({ isTTY: false });
    display.show(frame("text", "Let me look."));
    display.show(frame("tool_call", "bash", { call_id: "1", args: { command: "ls\n-l" } }));
    display.show(frame("tool_result", "a\nb\nc\nd\n", { call_id: "1", ok: true, duration_ms: 1234 }));
    display.show(frame("text", "Four files."));
    display.end();
    expect(written.out).toBe("Let me look.\nFour files.\n");
    expect(written.err).toBe("→ bash ls ⏎ -l\n✓ 1.2 s\n  a\n  b\n  c\n  … 1 more line\n");
  });

  it("says what is waited for, and an error with its remedy", () => {
    const { written, display } = record({ isTTY: false });
    display.show(frame("status", "queued behind 2", { kind: "queued", position: 2 }));
    display.show(
      frame("status", "", { kind: "retrying", code: "provider_overloaded", delay_ms: 2500, retry: 1, of: 5 }),
    );
    display.show(frame("error", "The key was refused.", { code: "provider_auth", hint: "Paste another one." }));
    expect(written.err.split("\n")).toEqual([
      "… queued behind 2",
      "… the model answered provider_overloaded; again in 2.5 s (1 of 5)",
      "✗ The key was refused.",
      "  Paste another one.",
      "",
    ]);
  });

  it("on a terminal a note begins a line of its own, and nothing from outside steers the terminal", () => {
    const { written, display } = record({ isTTY: true });
    display.show(frame("text", "half a line\u001b[2J"));
    display.show(frame("status", "", { kind: "canceling" }));
    display.show(frame("tool_result", "\u001b]0;owned\u0007", { ok: false, duration_ms: 0 }));
    expect(written.out).toBe("half a line[2J\n");
    expect(written.err).toBe("… canceling\n✗ 0.0 s\n  ]0;owned\n");
  });

  it("in a pipe the answer's bytes stay as they are", () => {
    const { written, display } = record({ isTTY: false });
    display.show(frame("text", "\u001b[1mbold\u001b[0m"));
    expect(written.out).toBe("\u001b[1mbold\u001b[0m");
  });
});

describe("what a program sees", () => {
  it("each frame on one line, and no notes", () => {
    let out = "";
    const display = createJsonDisplay({ write: (text) => (out += text) });
    display.note("connection lost");
    display.show(frame("text", "a\nb"));
    display.end();
    expect(out).toBe('{"type":"text","content":"a\\nb","metadata":{},"session_id":"s"}\n');
  });
});
