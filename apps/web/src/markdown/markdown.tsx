import type { Token } from "marked";
import { memo, useRef } from "react";
import { type Blocks, growBlocks, noBlocks } from "./blocks.ts";
import { CodeBlock } from "./code-block.tsx";
import { Inline } from "./inline.tsx";

export const Markdown = memo(function Markdown({ text, isStreaming }: { text: string; isStreaming: boolean }) {
  const blocks = useRef<Blocks>(noBlocks);
  blocks.current = growBlocks(blocks.current, text, isStreaming);
  const { tokens } = blocks.current;
  return (
    <div className="md">
      {tokens.map((token, i) => (
        // Blocks only ever grow at the end: their place is their identity.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <Block key={i} token={token} isOpen={isStreaming && i === tokens.length - 1} />
      ))}
    </div>
  );
});

interface BlockProps {
  token: Token;
  /** It is still being written. */
  isOpen?: boolean;
}

const Block = memo(function Block({ token, isOpen = false }: BlockProps) {
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "heading":
      return (
        <h3 data-level={token.depth}>
          <Inline tokens={token.tokens} />
        </h3>
      );
    case "code":
      return <CodeBlock code={token.text} language={token.lang ?? ""} isOpen={isOpen} />;
    case "blockquote":
      return (
        <blockquote>
          <BlockList tokens={token.tokens ?? []} />
        </blockquote>
      );
    case "list":
      return <List token={token} />;
    case "table":
      return <Table token={token} />;
    case "hr":
      return <hr />;
    case "paragraph":
      return (
        <p>
          <Inline tokens={token.tokens} />
        </p>
      );
    case "text":
      return <Inline tokens={token.tokens ?? [token]} />;
    default:
      return <p className="whitespace-pre-wrap">{token.raw}</p>; // HTML is shown as what it is: text
  }
});

function BlockList({ tokens }: { tokens: Token[] }) {
  // biome-ignore lint/suspicious/noArrayIndexKey: the list is never reordered
  return tokens.map((token, i) => <Block key={i} token={token} />);
}

function List({ token }: { token: Token }) {
  if (token.type !== "list") return null;
  const items = (token.items as { tokens: Token[]; task: boolean; checked?: boolean }[]).map((item, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the list is never reordered
    <li key={i} {...(item.task && { "data-task": true })}>
      {item.task && <span>{item.checked ? "☑ " : "☐ "}</span>}
      <BlockList tokens={item.tokens.filter((one) => one.type !== "checkbox")} />
    </li>
  ));
  if (!token.ordered) return <ul>{items}</ul>;
  return <ol start={token.start === "" ? 1 : token.start}>{items}</ol>;
}

function Table({ token }: { token: Token }) {
  if (token.type !== "table") return null;
  const cells = (row: { tokens: Token[]; align: "left" | "right" | "center" | null }[], Cell: "th" | "td") =>
    row.map((cell, i) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: columns stay in their place
      <Cell key={i} style={{ textAlign: cell.align ?? "left" }}>
        <Inline tokens={cell.tokens} />
      </Cell>
    ));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="md-table" tabIndex={0} aria-label="Table">
      <table>
        <thead>
          <tr>{cells(token.header, "th")}</tr>
        </thead>
        <tbody>
          {(token.rows as Parameters<typeof cells>[0][]).map((row, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows are only added at the end
            <tr key={i}>{cells(row, "td")}</tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
