// In: one message of a conversation. Out: TaskEvents of everything the agent does about it; the last one is `done`.
// Model call, tool calls, model call, … until the model calls no more tools. Next: the engine, then the worker.
import { AnyWorkError, canceled, failure, type TaskEvent, toAnyWorkError } from "@anywork/protocol";
import { type History, heal } from "./history.ts";
import { costOf } from "./prices.ts";
import { ProviderFailure } from "./provider/failure.ts";
import type { ChatMessage, FinishReason, Provider, ProviderEvent, Thought, ToolRequest } from "./provider/provider.ts";
import { type RetryDeps, type RetryEvent, streamWithRetries } from "./provider/retry.ts";
import { runToolCalls, type ToolCallDeps } from "./tool-calls.ts";

export interface LoopTask {
  message: string;
  model: string;
  /** The system prompt. */
  system: string;
  /** Model calls at most. */
  maxSteps: number;
  provider: Provider;
}

export interface LoopDeps extends ToolCallDeps, Pick<RetryDeps, "random"> {
  history: History;
}

const badRoundsLimit = 5;

/** Never throws. An aborted signal ends the tools, then gives `done` canceled; the conversation stays whole. */
export async function* runLoop(task: LoopTask, deps: LoopDeps, signal: AbortSignal): AsyncGenerator<TaskEvent> {
  const startedMs = deps.clock.monotonicMs();
  const turns = createTurns(task, deps, signal);
  const totals = () => ({
    cost_usd: turns.costUsd(),
    num_turns: turns.count(),
    duration_ms: Math.round(deps.clock.monotonicMs() - startedMs),
  });
  try {
    signal.throwIfAborted();
    await heal(deps.history);
    for (let badRounds = 0; ; ) {
      if (turns.count() >= task.maxSteps) throw tooManySteps(task.maxSteps);
      for await (const event of turns.next()) yield event;
      const { calls, finish } = turns.last();
      if (calls.length === 0) {
        const result = turns.result();
        const reason = finish === "length" ? { reason: "max_output_tokens" } : {};
        yield {
          type: "done",
          content: "",
          metadata: { status: "completed", retryable: false, ...reason, result, ...totals() },
        };
        return;
      }
      const round = yield* runToolCalls(calls, deps, signal);
      await deps.history.append(round.results);
      signal.throwIfAborted();
      badRounds = round.isBad ? badRounds + 1 : 0;
      if (badRounds >= badRoundsLimit) throw confused();
    }
  } catch (thrown) {
    // What was shown stays part of the conversation; a message that nothing came of does not.
    const saved = await turns.save(signal.aborted).catch((error: unknown) => toAnyWorkError(error, "engine_failed"));
    if (signal.aborted) return yield canceled(totals());
    const error = saved ?? toAnyWorkError(thrown, "engine_failed");
    const retryable = error instanceof ProviderFailure ? error.transient : true;
    yield* failure(error, { retryable, result: turns.result(), ...totals() });
  }
}

const tooManySteps = (steps: number) =>
  new AnyWorkError("too_many_steps", `the agent took ${steps} steps and was not done`, {
    hint: "Say “go on”, or raise limits.maxSteps in the configuration.",
  });

const confused = () =>
  new AnyWorkError("engine_failed", `the model called its tools wrongly ${badRoundsLimit} times in a row`, {
    hint: "Try again, or use a model that is better at calling tools.",
  });

interface Turn {
  text: string;
  thoughts: Thought[];
  calls: ToolRequest[];
  finish: FinishReason;
  isSaved: boolean;
}

/** The model calls of one task, and what they leave in the conversation. */
function createTurns(task: LoopTask, { history, tools, clock, random }: LoopDeps, signal: AbortSignal) {
  const callIds = new Set<string>();
  let question: ChatMessage[] = [{ role: "user", content: task.message }];
  let turn: Turn = { text: "", thoughts: [], calls: [], finish: "other", isSaved: true };
  let result = "";
  let costUsd = 0;
  let count = 0;

  /** With it the question is saved: an unanswered one must not stay, it might be what made the call fail. */
  async function save(withQuestion = false): Promise<undefined> {
    const { text, thoughts, calls } = turn;
    const isWhole = turn.finish !== "other";
    const answer: ChatMessage = {
      role: "assistant",
      content: text,
      ...(isWhole && thoughts.length > 0 && { thoughts }),
      ...(isWhole && calls.length > 0 && { tool_calls: calls }),
    };
    const hasAnswer = !turn.isSaved && (text !== "" || answer.tool_calls !== undefined);
    turn.isSaved = true;
    if (!hasAnswer && !withQuestion) return;
    await history.append(hasAnswer ? [...question, answer] : question);
    question = [];
  }

  /** Some servers leave ids out or use one twice; ours name one call of the task. */
  function ownId(call: ToolRequest): ToolRequest {
    const id = call.id !== "" && !callIds.has(call.id) ? call.id : `${call.id || "call"}-${callIds.size + 1}`;
    callIds.add(id);
    return { ...call, id };
  }

  function* take(event: ProviderEvent | RetryEvent, firstTokenMs: number): Generator<TaskEvent> {
    switch (event.type) {
      case "thought":
        turn.thoughts.push(event.thought);
        return;
      case "tool_call": {
        const call = ownId(event.call);
        turn.calls.push(call);
        yield { type: "tool_call", content: call.name, metadata: { call_id: call.id, args: readArgs(call.input) } };
        return;
      }
      case "usage": {
        const cost_usd = costOf(task.model, event.usage);
        costUsd += cost_usd ?? 0;
        count += 1;
        const metadata = { model: task.model, ...event.usage, cost_usd, first_token_ms: firstTokenMs };
        yield { type: "usage", content: "", metadata };
        return;
      }
      case "finish":
        turn.finish = event.reason === "other" ? "stop" : event.reason;
        return;
      case "retrying": {
        const { code, message, delayMs, retry, of } = event;
        const seconds = Math.round(delayMs / 100) / 10;
        const content = `${message} (repeated in ${seconds} s, ${retry} of ${of})`;
        yield { type: "status", content, metadata: { kind: "retrying", code, delay_ms: delayMs, retry, of } };
        return;
      }
    }
  }

  return {
    save,
    count: () => count,
    costUsd: () => costUsd,
    last: (): Readonly<Turn> => turn,
    /** The last text the model said. */
    result: () => (turn.text === "" ? result : turn.text),

    async *next(): AsyncGenerator<TaskEvent> {
      if (turn.text !== "") result = turn.text;
      turn = { text: "", thoughts: [], calls: [], finish: "other", isSaved: false };
      const startedMs = clock.monotonicMs();
      let firstTokenMs = -1;
      const { model, system, provider } = task;
      const request = { model, system, tools, messages: [...history.messages, ...question] };
      for await (const event of streamWithRetries(provider, request, { clock, random, signal })) {
        if (firstTokenMs < 0 && event.type !== "retrying") firstTokenMs = Math.round(clock.monotonicMs() - startedMs);
        // The two that come by the thousand go the short way.
        if (event.type === "text") {
          turn.text += event.text;
          yield { type: "text", content: event.text, metadata: {} };
        } else if (event.type === "reasoning") yield { type: "reasoning", content: event.text, metadata: {} };
        else yield* take(event, firstTokenMs);
      }
      if (turn.finish === "content_filter") throw filtered();
      await save();
    },
  };
}

const filtered = () =>
  new ProviderFailure("provider_error", "the provider's content filter stopped the answer", {
    hint: "Ask in other words.",
    transient: false,
  });

function readArgs(input: string): Record<string, unknown> {
  try {
    const args: unknown = JSON.parse(input === "" ? "{}" : input);
    if (args !== null && typeof args === "object" && !Array.isArray(args)) return args as Record<string, unknown>;
  } catch {
    // Shown as the model wrote it, below; the tool tells the model what is wrong.
  }
  return { input };
}
