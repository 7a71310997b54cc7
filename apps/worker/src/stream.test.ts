import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer, type IncomingMessage, request, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTick } from "node:timers/promises";
import { journalHeadHeader, type TaskEvent } from "@anywork/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createJournal, type Journal } from "./journal.ts";
import { measure, offsetBehind } from "./journal-file.ts";
import { streamJournal } from "./stream.ts";

let folder: string;
let server: Server;
let journal: Journal;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "aw-str-"));
  journal = createJournal(join(folder, "t.1.sse"), 2 ** 30);
  server = createServer((incoming, response) => {
    const after = Number(new URL(incoming.url ?? "", "http://x").searchParams.get("after"));
    void streamJournal(response, journal, after);
  });
  await new Promise<void>((resolve) => server.listen(join(folder, "s"), resolve));
});
afterEach(() => {
  journal.end();
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const text = (content: string): TaskEvent => ({ type: "text", content, metadata: {} });

function get(after: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request({ socketPath: join(folder, "s"), path: `/?after=${after}` }, resolve)
      .on("error", reject)
      .end();
  });
}

async function readBytes(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The file's bytes behind the frame `after`, found the plain way. */
function bytesBehind(after: number): Buffer {
  const file = readFileSync(journal.path);
  if (after === 0) return file;
  const mark = file.indexOf(`\nid: ${after}\n`);
  return file.subarray(file.indexOf("\n\n", mark) + 2);
}

describe("a journal's stream", () => {
  it("readers that come at any time and place get the file's bytes from there on", async () => {
    const readers: { after: number; bytes: Promise<Buffer> }[] = [];
    for (let at = 1; at <= 400; at++) {
      journal.append(text(`${at} žluťoučký `.repeat(at % 7)));
      if (at % 20 === 0) {
        await nextTick();
        for (const after of [0, at >> 1, at - 1, at]) readers.push({ after, bytes: get(after).then(readBytes) });
      }
    }
    await nextTick();
    journal.append(text("the end"));
    journal.end();
    for (const { after, bytes } of readers) expect((await bytes).equals(bytesBehind(after))).toBe(true);
  });

  it("says in a header how far the journal is", async () => {
    for (const word of ["a", "b", "c"]) journal.append(text(word));
    await nextTick();
    const response = await get(2);
    journal.end();
    expect(response.headers[journalHeadHeader]).toBe("3");
    expect((await readBytes(response)).toString()).toBe('event: text\nid: 3\ndata: {"content":"c","metadata":{}}\n\n');
  });

  it("a reader that does not read holds nobody up, costs no memory, and gets everything when it does", async () => {
    const slow = await get(0);
    const fast = get(0).then(readBytes);
    slow.pause();
    const before = process.memoryUsage().arrayBuffers;
    for (let at = 0; at < 1_500; at++) {
      if (journal.append(text("x".repeat(20_000)))) await nextTick();
    }
    const total = journal.size;
    expect(total).toBeGreaterThan(25_000_000);
    const ended = journal;
    ended.end();
    expect((await fast).length).toBe(ended.size);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(3 * total);
    expect((await readBytes(slow)).equals(readFileSync(ended.path))).toBe(true);
  });

  it("a reader that leaves takes nothing with it", async () => {
    (await get(0)).destroy();
    for (let at = 0; at < 50; at++) {
      journal.append(text("still here"));
      await nextTick();
    }
    journal.end();
    expect((await readBytes(await get(49))).toString()).toContain("id: 50");
  });
});

describe("a journal on disk", () => {
  it("a frame that a crash tore is left out", async () => {
    journal.append(text("one"));
    journal.append(text("two"));
    journal.end();
    const whole = readFileSync(journal.path).length;
    appendFileSync(journal.path, 'event: text\nid: 3\ndata: {"conte');
    const file = await open(journal.path);
    expect(await measure(file)).toEqual({ end: whole, head: 2 });
    await file.close();
  });

  it("a last frame larger than any window is still found", async () => {
    journal.append(text("small"));
    journal.append(text("x".repeat(1_500_000)));
    journal.end();
    const file = await open(journal.path);
    expect(await measure(file)).toEqual({ end: journal.size, head: 2 });
    expect(await offsetBehind(file, 2, 0, journal.size)).toBe(journal.size);
    expect(await offsetBehind(file, 99, 0, journal.size)).toBe(journal.size);
    await file.close();
  });

  it("an empty journal has no head", async () => {
    journal.end();
    const file = await open(journal.path);
    expect(await measure(file)).toEqual({ end: 0, head: 0 });
    await file.close();
  });

  it("the index leads to a place at or before the frame", async () => {
    for (let at = 1; at <= 300; at++) {
      journal.append(text("y".repeat(5_000)));
      if (at % 3 === 0) await nextTick();
    }
    journal.end();
    const file = await open(journal.path);
    for (const after of [1, 50, 100, 200, 299, 300]) {
      const offset = await offsetBehind(file, after, journal.seek(after), journal.size);
      expect(offset).toBe(journal.size - bytesBehind(after).length);
    }
    expect(journal.seek(300)).toBeGreaterThan(0);
    await file.close();
  });
});
