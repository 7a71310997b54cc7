import { styleText } from "node:util";

export type Paint = (style: "red" | "yellow" | "green" | "dim" | "bold", text: string) => string;

/** Colours where the stream is a terminal and NO_COLOR is not set. */
export function paintFor(stream: NodeJS.WriteStream): Paint {
  return (style, text) => styleText(style, text, { stream });
}

export const plain: Paint = (_, text) => text;

/** Without the characters by which a text from outside could steer a terminal; line ends and tabs stay. */
export function harmless(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "");
}
