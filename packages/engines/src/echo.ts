// The reference engine: says the message back word by word. Read it first: it is the port at its simplest.
// A message may begin with a directive, so that everything around an engine can be tested without a model:
//   /slow <ms> <text>   waits before each word          /burst <n>      n deltas at once
//   /fail <text>        fails (retryable)               /hang           says "…" and waits for cancel
//   /park <text>        asks and parks                  /ask <text>     asks and waits for the answer
//   /silent-end <text>  ends without a terminal event: breaks the port's promise on purpose
import type { Clock } from "@anywork/agent";
import { AnyWorkError, canceled, failure, type Resume, type TaskEvent } from "@anywork/protocol";
import type { Engine, EngineDeps, EngineModule, EngineSession, EngineTask } from "./engine.ts";

export function createEchoEngine(deps: Pick<EngineDeps, "clock">): Engine {
  return {
    capabilities: { resume: true, approvals: true, park: true, usage: true, compaction: false },
    open: async () => createEchoSession(deps.clock),
  };
}

export const echo: EngineModule = { create: createEchoEngine };

type Ask = (approvalId: string, signal: AbortSignal) => Promise<Resume>;

function createEchoSession(clock: Clock): EngineSession {
  const open = new Map<string, (answer: Resume) => void>();
  const ask: Ask = (approvalId, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      open.set(approvalId, resolve);
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  return {
    async *run(task, { resume }, signal) {
      const startedMs = clock.monotonicMs();
      let turns = 0;
      try {
        for await (const event of answerTo(task, { resume, ask, clock, signal })) {
          if (event.type === "usage") turns += 1;
          signal.throwIfAborted();
          yield event;
        }
      } catch (error) {
        if (!signal.aborted) throw error;
        yield canceled({ num_turns: turns, duration_ms: Math.round(clock.monotonicMs() - startedMs) });
      } finally {
        open.clear();
      }
    },
    async answer(approval) {
      const resolve = open.get(approval.approval_id);
      if (!resolve) throw new AnyWorkError("not_found", `no open approval ${approval.approval_id}`);
      open.delete(approval.approval_id);
      resolve(approval);
    },
    close: async () => open.clear(),
  };
}

interface Run {
  resume: Resume | undefined;
  ask: Ask;
  clock: Clock;
  signal: AbortSignal;
}

const directive = /^\/(slow|fail|park|ask|hang|silent-end|burst)\b\s*(\d+)?\s*/;

async function* answerTo(task: EngineTask, run: Run): AsyncGenerator<TaskEvent> {
  const [matched = "", name, number = "0"] = directive.exec(task.message) ?? [];
  const text = task.message.slice(matched.length);
  const approvalId = `${task.id}-1`;
  switch (name) {
    case "slow":
      return yield* say(text, run, Number(number));
    case "fail":
      return yield* failure({ code: "engine_failed", message: text || "failed as asked" }, { retryable: true });
    case "silent-end":
      return yield { type: "text", content: text, metadata: {} };
    case "hang":
      yield { type: "text", content: "…", metadata: {} };
      return await hang(run.signal);
    case "burst":
      return yield* burst(Number(number));
    case "park":
      if (run.resume) return yield* say(verdict(run.resume, text), run, 0);
      yield approvalRequest(approvalId, text);
      return yield { type: "parked", content: "", metadata: { approvals: [approvalId] } };
    case "ask":
      yield approvalRequest(approvalId, text);
      return yield* say(verdict(await run.ask(approvalId, run.signal), text), run, 0);
    default:
      return yield* say(text, run, 0);
  }
}

async function* say(text: string, run: Run, delayMs: number): AsyncGenerator<TaskEvent> {
  const words = text.match(/\S+\s*|^\s+/g) ?? [];
  for (const word of words) {
    if (delayMs > 0) await run.clock.sleep(delayMs, run.signal);
    yield { type: "text", content: word, metadata: {} };
  }
  yield* end(text, words.length);
}

function* burst(count: number): Generator<TaskEvent> {
  for (let n = 1; n <= count; n += 1) yield { type: "text", content: `${n} `, metadata: {} };
  yield* end(`${count} deltas`, count);
}

/** Has nothing to say: only waits for cancel. */
function hang(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function* end(result: string, tokens: number): Generator<TaskEvent> {
  yield {
    type: "usage",
    content: "",
    metadata: { model: "echo", input_tokens: tokens, output_tokens: tokens, cost_usd: 0 },
  };
  const outcome = { status: "completed", retryable: false, result, cost_usd: 0, num_turns: 1, duration_ms: 0 } as const;
  yield { type: "done", content: "", metadata: outcome };
}

const approvalRequest = (approvalId: string, text: string): TaskEvent => ({
  type: "approval_request",
  content: `May I echo this: ${text}`,
  metadata: { approval_id: approvalId, tool: "echo", args: { text } },
});

const verdict = (answer: Resume, text: string): string => (answer.decision === "allow" ? text : `not allowed: ${text}`);
