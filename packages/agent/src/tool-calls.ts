// In: the tool calls of one model answer. Out: their live output and results as events; the calls run at the same time.
// Returns the results in the order of the calls, one for each whatever happens, and whether any call could be run.
import { type TaskEvent, toAnyWorkError } from "@anywork/protocol";
import type { Clock } from "./clock.ts";
import { createEventQueue } from "./event-queue.ts";
import { createLiveOutput } from "./live-output.ts";
import type { decide as Decide } from "./permissions.ts";
import type { ChatMessage, ToolRequest } from "./provider/provider.ts";
import { outputLimitChars } from "./tools/output.ts";
import type { Tool, ToolContext, ToolResult } from "./tools/tool.ts";

export interface ToolCallDeps {
  tools: readonly Tool[];
  decide: typeof Decide;
  clock: Clock;
  context: Pick<ToolContext, "workspace" | "sandbox" | "background">;
}

export interface Round {
  results: ChatMessage[];
  /** Every call was malformed: the model got an error text for each. */
  isBad: boolean;
}

type Attempt = ToolResult & { isBad?: true };

export async function* runToolCalls(
  calls: readonly ToolRequest[],
  deps: ToolCallDeps,
  signal: AbortSignal,
): AsyncGenerator<TaskEvent, Round> {
  const queue = createEventQueue<TaskEvent>();
  const running = calls.map(async (call) => {
    const startedMs = deps.clock.monotonicMs();
    const live = createLiveOutput(call.id, queue.push);
    const attempt = await runOne(call, deps, { signal, onOutput: live.add });
    live.end();
    const output = cap(attempt.output);
    const duration_ms = Math.round(deps.clock.monotonicMs() - startedMs);
    queue.push({ type: "tool_result", content: output, metadata: { call_id: call.id, ok: attempt.ok, duration_ms } });
    const result: ChatMessage = {
      role: "tool",
      tool_call_id: call.id,
      name: call.name,
      content: output === "" ? "(no output)" : output,
      ok: attempt.ok,
    };
    return { result, isBad: attempt.isBad === true };
  });
  const all = Promise.all(running).finally(queue.end);
  yield* queue;
  const ended = await all;
  return { results: ended.map(({ result }) => result), isBad: ended.every(({ isBad }) => isBad) };
}

/** Never throws: what goes wrong is told to the model. */
async function runOne(
  call: ToolRequest,
  { tools, decide, context }: ToolCallDeps,
  run: Pick<ToolContext, "signal" | "onOutput">,
): Promise<Attempt> {
  const tool = tools.find((candidate) => candidate.name === call.name);
  if (!tool) {
    const names = tools.map(({ name }) => name).join(", ");
    return { ok: false, isBad: true, output: `There is no tool ${call.name}. There are: ${names}.` };
  }
  const parsed = tool.parse(call.input);
  if (!parsed.ok) return { ok: false, isBad: true, output: parsed.problem };
  const decision = decide({ tool: tool.name, permission: tool.permission, args: parsed.args });
  if (decision.effect === "deny") return { ok: false, output: `Not allowed: ${decision.reason}` };
  if (run.signal.aborted) return { ok: false, output: "[canceled]" };
  try {
    return await parsed.execute({ ...context, ...run, callId: call.id });
  } catch (thrown) {
    const error = toAnyWorkError(thrown, "tool_failed");
    return { ok: false, output: error.hint ? `${error.message}. ${error.hint}` : error.message };
  }
}

/** A tool of somebody else's may return anything. Ours keep to the limit themselves, plus a line or two. */
function cap(output: string): string {
  const limit = outputLimitChars + 1_000;
  if (output.length <= limit) return output;
  const half = outputLimitChars / 2;
  return `${output.slice(0, half)}\n\n[… ${output.length - 2 * half} characters left out …]\n\n${output.slice(-half)}`;
}
