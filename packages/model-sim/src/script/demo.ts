// The offline demo: what the simulator says to a prompt without directives. A demo prompt makes it call real tools,
// step by step, and its last words quote what the tools gave back; any other prompt gets an honest, friendly text.
import type { Conversation, ToolOutcome } from "../wire/conversation.ts";
import { primesScript, webPage, weekScript } from "./demo-files.ts";
import { addTokens, emptyStep, type Step, wordsOf } from "./step.ts";

interface Demo {
  title: string;
  prompt: string;
  /** Each turn: what is said, then the calls made at once. */
  turns: { say: string; calls: { name: string; args: Record<string, unknown> }[] }[];
  /** The last words, from every outcome so far, oldest first. */
  conclude(outcomes: ToolOutcome[]): string;
}

const demos: Demo[] = [
  {
    title: "Run a script",
    prompt: "Write a small script that prints the first 20 primes and run it",
    turns: [
      {
        say: "I'll write the script into your files first.",
        calls: [{ name: "write", args: { path: "files/outputs/primes.mjs", content: primesScript } }],
      },
      { say: "Now I'll run it.", calls: [{ name: "bash", args: { command: "node files/outputs/primes.mjs" } }] },
    ],
    conclude: (outcomes) =>
      `The script is in \`files/outputs/primes.mjs\`. Running it printed:\n\n${quote(outcomes.at(-1))}`,
  },
  {
    title: "Make a table",
    prompt: "Make a CSV of this week's days and count its lines",
    turns: [
      {
        say: "I'll write a script that works out this week's dates.",
        calls: [{ name: "write", args: { path: "files/outputs/week.mjs", content: weekScript } }],
      },
      { say: "Running it.", calls: [{ name: "bash", args: { command: "node files/outputs/week.mjs" } }] },
      {
        say: "I'll count the lines and look at the file at the same time.",
        calls: [
          { name: "bash", args: { command: "wc -l < files/outputs/week.csv" } },
          { name: "read", args: { path: "files/outputs/week.csv" } },
        ],
      },
    ],
    conclude: (outcomes) =>
      `\`files/outputs/week.csv\` is ready. Counting its lines gave:\n\n${quote(outcomes.at(-2))}\n\n` +
      `and this is what is in it:\n\n${quote(outcomes.at(-1))}`,
  },
  {
    title: "Build a page",
    prompt: "Build a tiny web page and show me the file",
    turns: [
      {
        say: "A small page, coming up.",
        calls: [{ name: "write", args: { path: "files/outputs/index.html", content: webPage } }],
      },
      {
        say: "A better heading would not hurt.",
        calls: [
          {
            name: "edit",
            args: {
              path: "files/outputs/index.html",
              old_text: "<h1>Hello</h1>",
              new_text: "<h1>Hello from AnyWork</h1>",
            },
          },
        ],
      },
      {
        say: "Let me check the result.",
        calls: [
          { name: "list", args: { path: "files/outputs" } },
          { name: "read", args: { path: "files/outputs/index.html" } },
        ],
      },
    ],
    conclude: (outcomes) =>
      `Your page is \`files/outputs/index.html\`. This is the file:\n\n${quote(outcomes.at(-1))}\n\n` +
      `The folder now holds:\n\n${quote(outcomes.at(-2))}`,
  },
];

/** Plain sentences a person can click in the offline demo; the simulator knows them and does the work with real tools. */
export const demoPrompts: { title: string; prompt: string }[] = demos.map(({ title, prompt }) => ({ title, prompt }));

export function answerOffline(conversation: Conversation, paceMs: number): Step {
  const step = emptyStep({ firstMs: paceMs, delayMs: paceMs });
  const demo = demos.find(({ prompt }) => plain(conversation.prompt).includes(plain(prompt)));
  if (demo === undefined) addTokens(step, "text", wordsOf(introduce(conversation.prompt)));
  else playDemo(step, demo, conversation);
  return step;
}

function playDemo(step: Step, demo: Demo, { rounds, toolNames }: Conversation): void {
  const missing = demo.turns.flatMap(({ calls }) => calls).find(({ name }) => !toolNames?.includes(name));
  if (missing !== undefined) {
    const text = `I would do this with the tool \`${missing.name}\`, but I was not given it. I am the offline simulator, not a real model.`;
    addTokens(step, "text", wordsOf(text));
    return;
  }
  const outcomes = rounds.flat();
  const failed = outcomes.find(({ isError }) => isError);
  const turn = demo.turns[rounds.length];
  if (failed !== undefined) {
    addTokens(
      step,
      "text",
      wordsOf(`The tool \`${failed.name}\` failed, so I stop here. It said:\n\n${quote(failed)}`),
    );
  } else if (turn === undefined) {
    const closing = "\n\n(I am the offline simulator: the words are scripted, the files and the output are real.)";
    addTokens(step, "text", wordsOf(demo.conclude(outcomes) + closing));
  } else {
    addTokens(step, "text", wordsOf(turn.say));
    for (const { name, args } of turn.calls) step.parts.push({ type: "tool", name, json: JSON.stringify(args) });
  }
}

function introduce(prompt: string): string {
  const heard = prompt.trim().replace(/\s+/g, " ");
  const shown = heard.length > 120 ? `${Array.from(heard).slice(0, 120).join("")}…` : heard;
  const examples = demos.map((demo) => `- ${demo.prompt}`).join("\n");
  return (
    `Hello! I am AnyWork's **offline simulator**, not a real model. ` +
    `${shown === "" ? "I got no text" : `I read “${shown}”`}, but I cannot think about it: my answers are scripted.\n\n` +
    `I can show you the real tools at work, though. Send one of these:\n\n${examples}\n\n` +
    `For real answers, add the key of a model provider in the settings.`
  );
}

/** The outcome as it came, fenced with more backticks than it holds. */
function quote(outcome: ToolOutcome | undefined): string {
  const text = outcome?.text.trimEnd() ?? "";
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return text === "" ? "(nothing)" : `${fence}\n${text}\n${fence}`;
}

function plain(text: string): string {
  return text.toLowerCase().replace(/[’‘]/g, "'").replace(/\s+/g, " ").trim();
}
