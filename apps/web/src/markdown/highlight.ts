// Colours for code, by shiki. A chunk of its own, loaded with the first code block; each language is one more. The
// JavaScript regex engine needs neither eval nor WebAssembly, which the page's policy forbids.
import { createCssVariablesTheme, createHighlighterCore, type HighlighterCore, type LanguageInput } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";

export type ColouredLine = { content: string; colour: string | undefined }[];

const languages: Record<string, () => LanguageInput> = {
  bash: () => import("shiki/langs/bash.mjs"),
  css: () => import("shiki/langs/css.mjs"),
  diff: () => import("shiki/langs/diff.mjs"),
  go: () => import("shiki/langs/go.mjs"),
  html: () => import("shiki/langs/html.mjs"),
  java: () => import("shiki/langs/java.mjs"),
  javascript: () => import("shiki/langs/javascript.mjs"),
  json: () => import("shiki/langs/json.mjs"),
  markdown: () => import("shiki/langs/markdown.mjs"),
  python: () => import("shiki/langs/python.mjs"),
  rust: () => import("shiki/langs/rust.mjs"),
  sql: () => import("shiki/langs/sql.mjs"),
  toml: () => import("shiki/langs/toml.mjs"),
  tsx: () => import("shiki/langs/tsx.mjs"),
  typescript: () => import("shiki/langs/typescript.mjs"),
  yaml: () => import("shiki/langs/yaml.mjs"),
};

const aliases: Record<string, string> = {
  cjs: "javascript",
  console: "bash",
  htm: "html",
  js: "javascript",
  jsonc: "json",
  jsx: "tsx",
  md: "markdown",
  mjs: "javascript",
  mts: "typescript",
  patch: "diff",
  py: "python",
  rs: "rust",
  sh: "bash",
  shell: "bash",
  ts: "typescript",
  yml: "yaml",
  zsh: "bash",
};

const theme = "css-variables";
let highlighter: Promise<HighlighterCore> | undefined;

/** Null for a language we have no colours for. */
export async function highlight(code: string, name: string): Promise<ColouredLine[] | null> {
  const language = aliases[name.toLowerCase()] ?? name.toLowerCase();
  const load = languages[language];
  if (load === undefined) return null;
  highlighter ??= createHighlighterCore({
    themes: [createCssVariablesTheme({ name: theme, variablePrefix: "--shiki-" })],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
  const shiki = await highlighter;
  await shiki.loadLanguage(load());
  const lines = shiki.codeToTokensBase(code, { lang: language, theme });
  return lines.map((line) => line.map(({ content, color }) => ({ content, colour: color })));
}
