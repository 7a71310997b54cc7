import type { Token } from "marked";
import { useTranslation } from "react-i18next";

export function Inline({ tokens }: { tokens?: Token[] | undefined }) {
  // biome-ignore lint/suspicious/noArrayIndexKey: text is never reordered
  return tokens?.map((token, i) => <Piece key={i} token={token} />);
}

function Piece({ token }: { token: Token }) {
  switch (token.type) {
    case "strong":
      return (
        <strong>
          <Inline tokens={token.tokens} />
        </strong>
      );
    case "em":
      return (
        <em>
          <Inline tokens={token.tokens} />
        </em>
      );
    case "del":
      return (
        <del>
          <Inline tokens={token.tokens} />
        </del>
      );
    case "codespan":
      return <code>{token.text}</code>;
    case "br":
      return <br />;
    case "link":
      return <Anchor token={token} />;
    case "image":
      return <Picture href={String(token.href)} alt={String(token.text)} />;
    case "text":
      return token.tokens === undefined ? decode(token.text) : <Inline tokens={token.tokens} />;
    case "escape":
      return token.text;
    default:
      return token.raw;
  }
}

const safeHref = /^(https?|mailto):/i;

function hostOf(href: string): string {
  try {
    return new URL(href).host;
  } catch {
    return "";
  }
}

/** Only addresses that a click may open; a link always says where it leads. */
function Anchor({ token }: { token: Token }) {
  const href = "href" in token ? String(token.href) : "";
  const tokens = "tokens" in token ? token.tokens : undefined;
  if (!safeHref.test(href)) return <Inline tokens={tokens} />;
  const host = hostOf(href);
  const text = "text" in token ? String(token.text) : "";
  return (
    <>
      <a href={href} target="_blank" rel="noopener noreferrer nofollow">
        <Inline tokens={tokens} />
      </a>
      {host !== "" && !text.includes(host) && <span className="md-host">{host}</span>}
    </>
  );
}

/** A picture from elsewhere is not loaded: the request alone would tell its owner what is read here, and when. */
function Picture({ href, alt }: { href: string; alt: string }) {
  const { t } = useTranslation();
  const label = `${t("chat.image")}${alt === "" ? "" : `: ${alt}`}`;
  if (!safeHref.test(href)) return <span className="md-host">[{label}]</span>;
  return (
    <>
      <a href={href} target="_blank" rel="noopener noreferrer nofollow">
        {label}
      </a>
      <span className="md-host">{hostOf(href)}</span>
    </>
  );
}

const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", nbsp: "\u00a0" };
const decode = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (_, name) => entities[name] ?? "");
