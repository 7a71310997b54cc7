// What a program printed for a terminal, as pieces with styles (ECMA-48 SGR). Everything else that moves a cursor is
// dropped; a carriage return starts its line again, as progress bars expect.

export interface Piece {
  text: string;
  colour?: string;
  isBold?: boolean;
}

const colours = [
  "var(--ansi-black)",
  "var(--danger)",
  "var(--ok)",
  "var(--warn)",
  "var(--info)",
  "var(--ansi-magenta)",
  "var(--ansi-cyan)",
  "var(--text)",
];

type Style = Omit<Piece, "text">;

function styleAfter(style: Style, codes: number[]): Style {
  let next = style;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0;
    if (code === 0) next = {};
    else if (code === 1) next = { ...next, isBold: true };
    else if (code === 22) next = next.colour ? { colour: next.colour } : {};
    else if (code === 39) next = next.isBold ? { isBold: true } : {};
    else if (code >= 30 && code <= 37) next = withColour(next, code - 30);
    else if (code >= 90 && code <= 97) next = withColour(next, code - 90);
    else if (code === 38 || code === 48) i += codes[i + 1] === 5 ? 2 : 4; // 256 and true colours: skipped
  }
  return next;
}

function withColour(style: Style, index: number): Style {
  const colour = colours[index];
  return colour === undefined ? style : { ...style, colour };
}

/** Text only, with carriage returns carried out. */
export function plain(output: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are control characters
  const text = output.replace(/\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])/g, "");
  return text.includes("\r") ? text.replace(/\r\n/g, "\n").replace(/^.*\r(?!$)/gm, "") : text;
}

export function ansiPieces(output: string): Piece[] {
  const pieces: Piece[] = [];
  let style: Style = {};
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are control characters
  for (const part of output.split(/(\x1b\[[0-9;]*m)/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are control characters
    const codes = /^\x1b\[([0-9;]*)m$/.exec(part)?.[1];
    if (codes !== undefined) {
      style = styleAfter(style, codes.split(";").map(Number));
      continue;
    }
    const text = plain(part);
    if (text !== "") pieces.push({ text, ...style });
  }
  return pieces;
}
