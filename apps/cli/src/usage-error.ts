/** Commander's complaint on one line: `unknown command 'rnu' (Did you mean run?)`. */
export function oneLine(text: string): string {
  const line = text
    .trim()
    .replace(/^error: /, "")
    .replace(/\s*\n\s*/g, " ");
  return /Did you mean/.test(line) ? `${line}\n` : `${line.replace(/\.$/, "")}. See: anywork --help\n`;
}
