// In: a conversation. Out: the step the model answers with, or why there is none. Next: the wires, through respond.ts.
import { badRequest, type Conversation, type Refusal } from "../wire/conversation.ts";
import { answerOffline } from "./demo.ts";
import { applyDirective, knownDirectives } from "./directive-table.ts";
import { type Directive, parseDirectives } from "./directives.ts";
import { addTokens, countedWords, emptyStep, nextStep, type Step, wordsOf } from "./step.ts";

/** `demoPaceMs`: milliseconds between the tokens of an answer to a prompt without directives. */
export function planAnswer(conversation: Conversation, demoPaceMs: number): Step | Refusal {
  const { directives, text, problem } = parseDirectives(conversation.prompt, knownDirectives);
  if (problem !== undefined) return badRequest(`model-sim: ${problem}`);
  if (directives.length === 0) return answerOffline(conversation, demoPaceMs);
  return scriptedStep(directives, conversation.rounds.length, text);
}

/** Step k answers when k rounds of tool results have come back; after the last one the model says it is done. */
function scriptedStep(directives: Directive[], round: number, echo: string): Step | Refusal {
  const steps: Step[] = [emptyStep({ firstMs: 0, delayMs: 0 })];
  for (const directive of directives) {
    const current = steps.at(-1) ?? emptyStep({ firstMs: 0, delayMs: 0 });
    if (directive.name === "step") {
      steps.push(nextStep(current));
      continue;
    }
    const problem = applyDirective(current, directive, echo);
    if (problem !== undefined) return badRequest(`model-sim: ${problem}`);
  }
  const step = steps[round];
  if (step !== undefined) return withContent(step);
  const last = nextStep(steps.at(-1) ?? emptyStep({ firstMs: 0, delayMs: 0 }));
  addTokens(last, "text", wordsOf("Done."));
  return last;
}

/** A step of settings and faults alone still needs something to say: twenty words. */
function withContent(step: Step): Step {
  if (step.parts.length === 0) addTokens(step, "text", countedWords(20));
  return step;
}
