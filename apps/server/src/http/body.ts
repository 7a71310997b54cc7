import { AnyWorkError } from "@anywork/protocol";

const maxBodyBytes = 1024 * 1024;

/** The body as JSON; undefined when there is none. Reads no more than the limit, whatever the sender claims. */
export async function readJsonBody(request: Request): Promise<unknown> {
  const type = request.headers.get("content-type");
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (declared > maxBodyBytes) throw tooLarge();
  const bytes = request.body ? await readAtMost(request.body, maxBodyBytes) : new Uint8Array();
  if ((bytes.length > 0 || type !== null) && !isJson(type)) {
    throw new AnyWorkError("unsupported_media_type", "Only JSON is taken here.", {
      hint: "Send content-type: application/json.",
    });
  }
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new AnyWorkError("invalid_json", "The body is not valid JSON in UTF-8.", { cause });
  }
}

const isJson = (type: string | null): boolean => /^application\/json\s*(;|$)/i.test(type ?? "");

async function readAtMost(body: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > limit) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(): AnyWorkError {
  return new AnyWorkError("payload_too_large", "The request is larger than 1 MiB.", { hint: "Send less at once." });
}
