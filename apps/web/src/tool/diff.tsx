/** Lines taken out and put in. What both have at the start and the end is shown once, unmarked. */
export function Diff({ before, after }: { before: string; after: string }) {
  const rows = diffLines(before.split("\n"), after.split("\n"));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <pre tabIndex={0} className="max-h-80 overflow-auto py-3 font-mono text-12 leading-[1.6]">
      {rows.map(({ mark, text }, i) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: a diff does not change
          key={i}
          className={`px-4 ${mark === "+" ? "bg-ok-soft text-ok" : mark === "-" ? "bg-danger-soft text-danger" : "text-muted"}`}
        >
          {mark} {text}
        </div>
      ))}
    </pre>
  );
}

export interface DiffRow {
  mark: "+" | "-" | " ";
  text: string;
}

export function diffLines(before: string[], after: string[]): DiffRow[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  const room = Math.min(before.length, after.length) - start;
  while (end < room && before.at(-1 - end) === after.at(-1 - end)) end++;
  const rows = (lines: string[], mark: DiffRow["mark"]) => lines.map((text): DiffRow => ({ mark, text }));
  return [
    ...rows(before.slice(0, start), " "),
    ...rows(before.slice(start, before.length - end), "-"),
    ...rows(after.slice(start, after.length - end), "+"),
    ...rows(before.slice(before.length - end), " "),
  ];
}
