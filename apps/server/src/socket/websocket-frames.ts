// Many text frames as one write (RFC 6455, 5.2: unmasked, unfragmented, as a server sends them). One buffer for a batch of
// deltas costs a fraction of what the socket library needs to frame and queue them one by one.

const textFrame = 0x81;

/** The bytes of these texts as frames, in order. */
export function encodeTextFrames(texts: readonly string[]): Buffer {
  const joined = texts.join("");
  // In ASCII a character is a byte, so heads and texts together are one Latin-1 string.
  if (isAscii(joined)) return Buffer.from(texts.map((text) => head(text.length) + text).join(""), "latin1");
  return Buffer.concat(
    texts.flatMap((text) => {
      const payload = Buffer.from(text);
      return [Buffer.from(head(payload.length), "latin1"), payload];
    }),
  );
}

const isAscii = (text: string): boolean => !/[^\0-\x7f]/.test(text);

function head(bytes: number): string {
  if (bytes < 126) return String.fromCharCode(textFrame, bytes);
  if (bytes < 0x10000) return String.fromCharCode(textFrame, 126, bytes >> 8, bytes & 0xff);
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(bytes));
  return String.fromCharCode(textFrame, 127, ...length);
}
