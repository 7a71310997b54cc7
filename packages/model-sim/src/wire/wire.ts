// The seam between a scripted step and a provider's format. Both wires build strings only; respond.ts sends them.

import type { Part, StopReason, Usage } from "../script/step.ts";
import type { Conversation, JsonObject, Refusal } from "./conversation.ts";

/** What every frame of one answer shares. `seed` is a hash of the request: ids come from it, so they repeat exactly. */
export interface AnswerFacts {
  seed: string;
  model: string;
  usage: Usage;
  stop: StopReason;
  includeUsage: boolean;
  /** Which tool call, counted from 0, the part with this index is. */
  callIndex(partIndex: number): number;
}

/** The frames of one part; `delta` is the hot path: one call per token. */
export interface PartFrames {
  open: string;
  delta(token: string): string;
  close: string;
}

export interface StreamFrames {
  head: string;
  part(part: Part, index: number): PartFrames;
  tail(outputTokens: number): string;
  ping: string;
  /** A frame whose JSON is broken. */
  malformed: string;
  /** A text delta with `�` where invalid bytes go. */
  badText: string;
  /** The provider's error inside a stream that began well. */
  error: string;
}

export interface Wire {
  name: "anthropic" | "openai";
  requestIdHeader: string;
  readRequest(body: JsonObject, headers: Headers): Conversation | Refusal;
  stream(facts: AnswerFacts): StreamFrames;
  whole(facts: AnswerFacts, parts: readonly Part[]): JsonObject;
  errorBody(refusal: Refusal, requestId: string): JsonObject;
  models(ids: readonly string[]): JsonObject;
  model(id: string): JsonObject;
}

/** A fixed instant for `created` fields: the same request gives the same bytes on every day. */
export const createdAt = { seconds: 1_767_225_600, iso: "2026-01-01T00:00:00Z" };
