// Wrong, huge, broken and hostile input: one clear answer each, never a crash, and nobody else is disturbed.
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { api, type Route } from "@anywork/protocol";
import { type HubProcess, startHubProcess, type TestSocket } from "@anywork/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { chat, createTask, isDone, runTask } from "./tasks.ts";

const routes = Object.entries(api) as [keyof typeof api, Route][];
const pathOf = (route: Route) => route.path.replace(/:\w+/g, "some-id");
const writing = routes.filter(([, { method }]) => method !== "GET" && method !== "DELETE");
const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;

let hub: HubProcess;
beforeAll(async () => {
  hub = await startHubProcess();
});
afterAll(async () => {
  // Whatever came in: it still works, and nothing went wrong inside.
  expect((await runTask(hub, { message: "still here" })).result).toBe("still here");
  await hub.stop();
});

describe("a body", () => {
  const withBody = writing.filter(([, { body }]) => body !== undefined);
  const odd: unknown[] = [
    null,
    [],
    "x",
    42,
    true,
    -1,
    1e308,
    {},
    [null],
    { x: 1 },
    [[]],
    "",
    "\u0000",
    { message: {} },
  ];

  test.each(withBody)("of %s that is no object is 400 with the reason", async (_, route) => {
    for (const body of [null, [], "x", 42, true, [{}]]) {
      const answer = await hub.http(route.method, pathOf(route), JSON.stringify(body));
      expect([JSON.stringify(body), answer.status]).toEqual([JSON.stringify(body), 400]);
      expect(answer.refusal()).toMatchObject({ code: "invalid_request", message: expect.stringMatching(/.{5}/) });
    }
  });

  test.each(withBody)("of %s with a field of a wrong type is 400 with that field and the reason", async (_, route) => {
    const fields = Object.keys(fieldsOf(route));
    expect(fields.length).toBeGreaterThan(0);
    for (const field of fields) {
      // Valid in all else, so that the answer must be about this field.
      const wrong = odd.filter((value) => !accepts(route, { ...validBody(route), [field]: value }));
      expect([field, wrong.length > 3]).toEqual([field, true]);
      for (const value of wrong) {
        const answer = await hub.http(route.method, pathOf(route), { ...validBody(route), [field]: value });
        expect([field, value, answer.status]).toEqual([field, value, 400]);
        const refusal = answer.refusal();
        expect(refusal.field?.split(".")[0]).toBe(field);
        expect(["invalid_request", "mcp_definition_refused"]).toContain(refusal.code);
        expect(refusal.message.length).toBeGreaterThan(5);
      }
    }
  });

  test.each(writing)("of %s that is no JSON is 400; of another content type 415", async (_, route) => {
    const broken: (string | Buffer)[] = [
      "{",
      "nonsense",
      "{'a':1}",
      '{"a":1}}',
      "NaN",
      Buffer.from([0x7b, 0x22, 0xff, 0xfe]),
      " ",
      "\ufeff{}x",
    ];
    for (const body of broken) {
      const answer = await hub.http(route.method, pathOf(route), body);
      expect([String(body), answer.status]).toEqual([String(body), 400]);
      expect(answer.refusal().code).toBe("invalid_json");
    }
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=x",
      "application/jsonp",
      "",
      "text/json",
    ]) {
      const answer = await hub.http(route.method, pathOf(route), "{}", { "content-type": type });
      expect([type, answer.status]).toEqual([type, 415]);
      expect(answer.refusal()).toMatchObject({
        code: "unsupported_media_type",
        hint: expect.stringContaining("application/json"),
      });
    }
  });

  test("in valid UTF-8 and JSON with a charset or in odd spacing is taken", async () => {
    const answer = await hub.http("POST", "/api/tasks", ' \n{"message":"ok","agent":"echo"}\n ', {
      "content-type": "Application/JSON; charset=utf-8",
    });
    answer.reply("createTask");
  });

  test("with broken UTF-8 inside a text is refused, not mangled", async () => {
    const body = Buffer.concat([Buffer.from('{"message":"'), Buffer.from([0xc3, 0x28, 0xf0, 0x9f]), Buffer.from('"}')]);
    expect((await hub.http("POST", "/api/tasks", body)).refusal().code).toBe("invalid_json");
  });

  test.each([
    ["bare", deep(100_000)],
    ["as a field", `{"message":${deep(100_000)}}`],
    ["as objects", `${'{"message":'.repeat(50_000)}1${"}".repeat(50_000)}`],
    ["as mcpServers", `{"message":"x","mcpServers":${deep(100_000)}}`],
    ["as an unknown key", `{"message":1,"unknown":${deep(100_000)}}`],
  ])("nested 100,000 levels deep (%s) is 400", async (_, body) => {
    const answer = await hub.http("POST", "/api/tasks", body);
    expect(answer.status).toBe(400);
    answer.refusal();
  });

  test("of 100 MB is 413 before it was read, declared or not", async () => {
    const head = (line: string) =>
      `POST /api/tasks HTTP/1.1\r\nhost: 127.0.0.1:${hub.port}\r\nauthorization: Bearer ${hub.token}\r\ncontent-type: application/json\r\n${line}\r\n\r\n`;
    expect(await firstLine(head(`content-length: ${100 * 1024 * 1024}`), "{")).toContain("413");
    const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
    expect(await firstLine(head("transfer-encoding: chunked"), chunk.repeat(32))).toContain("413");
  });

  test("of 1 MB is read, and its message is refused as too long", async () => {
    const answer = await hub.http("POST", "/api/tasks", { message: "x".repeat(1024 * 1024 - 100) });
    expect(answer.status).toBe(400);
    expect(answer.refusal()).toMatchObject({ field: "message", message: expect.stringContaining("200,000") });
  });

  test("with a message of 200,000 characters is taken whole", async () => {
    const message = "ä".repeat(200_000);
    expect((await runTask(hub, { message })).result).toBe(message);
  });

  test("with a definition of an MCP server is refused as one, in each of its names", async () => {
    for (const name of ["mcpServers", "mcp_servers"]) {
      for (const value of [{ evil: { command: "sh" } }, [{ command: "sh" }]]) {
        const answer = await hub.http("POST", "/api/tasks", { message: "x", [name]: value });
        expect([answer.status, answer.refusal().code]).toEqual([400, "mcp_definition_refused"]);
      }
      (await hub.http("POST", "/api/tasks", { message: "x", agent: "echo", [name]: [] })).reply("createTask");
    }
  });

  test("may name session_id instead of sessionId, and null for none; unknown keys are dropped", async () => {
    const body = { message: "x", agent: "echo", session_id: "alias", __proto__x: 1, constructor: {} };
    expect((await hub.http("POST", "/api/tasks", body)).reply("createTask").sessionId).toBe("alias");
    const fresh = await hub.http("POST", "/api/tasks", { message: "x", agent: "echo", sessionId: null, skills: null });
    expect(fresh.reply("createTask").sessionId).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("an address", () => {
  test.each(routes.filter(([, { path }]) => path.includes(":id")))(
    "of %s with an unknown id is 404",
    async (name, route) => {
      for (const id of ["none", "%2F", "a".repeat(5_000), "%00", "%F0%9F%98%80", "x;y", "a b".replace(" ", "%20")]) {
        const answer = await hub.http(
          route.method,
          route.path.replace(":id", id),
          name === "renameSession" ? { title: "t" } : undefined,
        );
        expect([id, [400, 404].includes(answer.status)]).toEqual([id, true]);
      }
      const plain = await hub.http(route.method, pathOf(route), name === "renameSession" ? { title: "t" } : undefined);
      expect(plain.status).toBe(404);
      expect(plain.refusal().code).toBe("not_found");
    },
  );

  test("that is broken or hostile gives no file and no failure", async () => {
    const paths = [
      "/%",
      "/%zz",
      "/api/sessions/%",
      "/api/tasks/%E0%A4%A",
      "//evil.com",
      "/..%2f..%2f..%2fetc/passwd",
      "/../../../../etc/passwd",
    ];
    for (const path of [
      ...paths,
      "/%2e%2e/%2e%2e/etc/passwd",
      "/assets/../../token",
      "/\\..\\token",
      "/index.html%00.js",
      `/${"a/".repeat(3_000)}`,
    ]) {
      const answer = await hub.http("GET", path);
      expect([path, answer.status < 500 || answer.text.includes("not built")]).toEqual([path, true]);
      expect(answer.text).not.toContain("root:");
      expect(answer.text).not.toContain(hub.token);
    }
  });

  test("under /api that does not exist is 404, whatever the method", async () => {
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      const answer = await hub.http(method, "/api/approvals-of-tomorrow");
      expect([method, answer.status, answer.refusal().code]).toEqual([method, 404, "not_found"]);
    }
    for (const [method, path] of [
      ["PUT", "/api/health"],
      ["DELETE", "/api/tasks"],
      ["PATCH", "/api/status"],
    ] as const) {
      expect((await hub.http(method, path)).status).toBe(404);
    }
  });

  test("with wrong questions is 400 with the field", async () => {
    await createTask(hub, { message: "x", sessionId: "questions" });
    const wrong: [string, string][] = [
      ["/api/sessions?limit=0", "limit"],
      ["/api/sessions?limit=many", "limit"],
      ["/api/sessions?limit=501", "limit"],
      ["/api/sessions?limit=1.5", "limit"],
      ["/api/sessions?cursor=nonsense", "cursor"],
      ["/api/tasks?status=tired", "status"],
      ["/api/tasks?sessionId=..", "sessionId"],
      ["/api/tasks?sessionId=a/b", "sessionId"],
      ["/api/tasks/x/logs?after=-1", "after"],
      ["/api/tasks/x/logs?limit=NaN", "limit"],
      ["/api/sessions/questions/messages?limit=-3", "limit"],
      ["/api/workspace/soul?sessionId=../../etc", "sessionId"],
    ];
    for (const [path, field] of wrong) {
      const answer = await hub.http("GET", path);
      expect([path, answer.status, answer.refusal().field]).toEqual([path, 400, field]);
    }
  });

  test("with an odd Idempotency-Key is 400", async () => {
    for (const key of ["", "k".repeat(201), "täst"]) {
      const answer = await hub.http("POST", "/api/tasks", { message: "x" }, { "idempotency-key": key });
      expect([key.slice(0, 5), answer.status]).toEqual([key.slice(0, 5), 400]);
    }
  });
});

describe("a frame", () => {
  let socket: TestSocket;
  beforeEach(async () => {
    socket = await hub.socket();
    return () => socket.close();
  });

  /** Sends it and gives the first answer; the socket lives on. */
  async function answerTo(frame: unknown) {
    const from = socket.frames.length;
    socket.send(frame);
    socket.send({ type: "ping" });
    await socket.until(({ type }) => type === "pong", { from });
    return socket.frames[from];
  }

  test.each([
    ["null", "null"],
    ["a number", "42"],
    ["a text", '"chat"'],
    ["a list", "[]"],
    ["nothing", ""],
    ["no JSON", "hello"],
    ["half of one", '{"type":"chat"'],
    ["an empty object", "{}"],
    ["of an unknown type", '{"type":"dance"}'],
    ["of the hub's own types", '{"type":"done"}'],
    ["whose type is null", '{"type":null}'],
    ["whose type is a list", '{"type":["chat"]}'],
    ["whose type is deep", `{"type":${deep(100_000)}}`],
    ["that is deep", deep(100_000)],
    ["with a deep message", `{"type":"chat","message":${deep(100_000)}}`],
    ["with __proto__", '{"type":"chat","__proto__":{"message":"x"}}'],
    ["without message", '{"type":"chat"}'],
    ["with null as message", '{"type":"chat","message":null}'],
    ["with a number as message", '{"type":"chat","message":7}'],
    ["with an object as message", '{"type":"chat","message":{"text":"x"}}'],
    ["with an empty message", '{"type":"chat","message":""}'],
    ["with a blank message", '{"type":"chat","message":" \\n\\t "}'],
    ["with a message that is too long", JSON.stringify({ type: "chat", message: "x".repeat(200_001) })],
    ["of nearly 1 MB", JSON.stringify({ type: "chat", message: "x".repeat(1024 * 1024 - 100) })],
    ["with a wrong session id", '{"type":"chat","message":"x","session_id":"../../etc"}'],
    ["with files, which are not taken yet", '{"type":"chat","message":"x","attachments":[{"name":"a"}]}'],
    ["with a dot as session id", '{"type":"chat","message":"x","session_id":".."}'],
    ["with a long session id", JSON.stringify({ type: "chat", message: "x", session_id: "s".repeat(201) })],
    ["with a number as session id", '{"type":"chat","message":"x","session_id":5}'],
    ["that defines an MCP server", '{"type":"chat","message":"x","mcp_servers":{"x":{"command":"sh"}}}'],
    ["that defines one in a list", '{"type":"chat","message":"x","mcp_servers":[{"command":"sh"}]}'],
    ["that subscribes to nothing", '{"type":"subscribe"}'],
    ["that subscribes after nonsense", '{"type":"subscribe","session_id":"s","after":"yesterday"}'],
    ["that subscribes to an unknown session", '{"type":"subscribe","session_id":"never-seen"}'],
    ["that cancels in an unknown session", '{"type":"cancel","session_id":"never-seen"}'],
    ["that cancels an unknown task", '{"type":"cancel","session_id":"never-seen","task_id":"none"}'],
    ["that approves what nobody asked", '{"type":"approve","approval_id":"x","decision":"allow"}'],
    ["that approves in a wrong way", '{"type":"approve","approval_id":"x","decision":"maybe"}'],
  ])("%s gets one clear error, and the socket lives on", async (_, frame) => {
    const from = socket.frames.length;
    const answer = await answerTo(frame);
    expect(answer).toMatchObject({ type: "error", content: expect.stringMatching(/\w{3}/) });
    expect(answer?.metadata.code).not.toBe("internal");
    expect(socket.frames.slice(from).filter(({ type }) => type === "error")).toHaveLength(1);
  });

  test("in bytes instead of text gets one clear error", async () => {
    for (const bytes of [Buffer.from('{"type":"ping"}'), Buffer.alloc(0), randomBytes(2_000)]) {
      expect(await answerTo(bytes)).toMatchObject({ type: "error", content: expect.stringContaining("text") });
    }
  });

  test("of 100 MB closes that socket alone, with the code for too large", async () => {
    const other = await hub.socket();
    socket.send("x".repeat(100 * 1024 * 1024));
    expect(await socket.untilClosed()).toBe(1009);
    expect((await chat(other, { message: "undisturbed" })).some(isDone)).toBe(true);
    other.close();
  });

  test("of broken UTF-8 closes that socket alone, with the code for it", async () => {
    const raw = connect(hub.port, "127.0.0.1");
    const line = (name: string, value: string) => `${name}: ${value}\r\n`;
    raw.write(
      `GET /ws HTTP/1.1\r\n${line("host", `127.0.0.1:${hub.port}`)}${line("authorization", `Bearer ${hub.token}`)}` +
        `${line("connection", "Upgrade")}${line("upgrade", "websocket")}${line("sec-websocket-version", "13")}` +
        `${line("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")}\r\n`,
    );
    // A masked text frame (mask 0) with two bytes that are no UTF-8.
    raw.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]));
    const received: Buffer[] = [];
    for await (const chunk of raw) received.push(chunk as Buffer);
    const bytes = Buffer.concat(received);
    // Close frame: 0x88, length, then the code 1007 (RFC 6455, 7.4.1).
    const at = bytes.lastIndexOf(0x88);
    expect(bytes.readUInt16BE(at + 2)).toBe(1007);
    expect(await answerTo({ type: "nonsense" })).toMatchObject({ type: "error" });
  });

  test("one of many wrong ones does not keep a right one from being served", async () => {
    for (let n = 0; n < 50; n += 1) socket.send(`{"type":"wrong-${n}"}`);
    const frames = await chat(socket, { message: "right" });
    expect(frames.filter(({ type }) => type === "error")).toHaveLength(50);
    expect(frames.some((frame) => frame.metadata.result === "right")).toBe(true);
  });
});

test("connections that say nothing, half a request or nonsense disturb nobody", async () => {
  const silent = Array.from({ length: 30 }, () => connect(hub.port, "127.0.0.1"));
  for (const [at, one] of silent.entries()) {
    one.on("error", () => undefined);
    if (at % 3 === 1) one.write("POST /api/tasks HTTP/1.1\r\nhost: 127.0.0.1");
    if (at % 3 === 2) one.write(randomBytes(500));
  }
  expect((await runTask(hub, { message: "meanwhile" })).status).toBe("completed");
  for (const one of silent) one.destroy();
});

test("openapi.json is OpenAPI 3.1 and lists every route with its body, answers and rights", async () => {
  const answer = await hub.http("GET", "/api/openapi.json", undefined, { authorization: undefined });
  const document = answer.reply("openapi") as {
    openapi: string;
    info: { title: string; version: string };
    paths: Record<string, Record<string, Operation>>;
  };
  expect(document.openapi).toMatch(/^3\.1\.\d$/);
  expect(document.info).toMatchObject({ title: "AnyWork", version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
  const listed = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const table = routes.map(([, { method, path }]) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
  expect(listed.sort()).toEqual(table.sort());
  const ids = new Set<string>();
  for (const [name, route] of routes) {
    const operation = document.paths[route.path.replace(/:(\w+)/g, "{$1}")]?.[route.method.toLowerCase()];
    ids.add(operation?.operationId ?? "");
    expect(operation).toMatchObject({ operationId: name, summary: expect.any(String) });
    const type = route.stream ? "text/event-stream" : "application/json";
    const answers = { [String(route.status)]: { content: { [type]: { schema: expect.any(Object) } } } };
    const refused = { content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } } };
    expect(operation?.responses).toMatchObject({ ...answers, default: refused });
    expect(operation?.requestBody !== undefined).toBe(route.body !== undefined);
    expect(operation?.security).toEqual(route.permission === "public" ? [] : [{ token: [] }, { cookie: [] }]);
    const inPath = (operation?.parameters ?? []).filter((parameter) => parameter.in === "path");
    expect(inPath.map((parameter) => [parameter.name, parameter.required])).toEqual(
      [...route.path.matchAll(/:(\w+)/g)].map(([, parameter]) => [parameter, true]),
    );
  }
  expect(ids.size).toBe(routes.length);
  const references = [...answer.text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to ?? "");
  expect(references.length).toBeGreaterThanOrEqual(routes.length);
  for (const to of references) expect([to, resolve(document, to)]).toEqual([to, expect.any(Object)]);
});

interface Operation {
  operationId: string;
  summary: string;
  security: unknown[];
  parameters: { name: string; in: string; required: boolean }[];
  requestBody?: unknown;
  responses: Record<string, { description: string } | undefined>;
}

function resolve(document: unknown, reference: string): unknown {
  const steps = reference.replace(/^#\//, "").split("/");
  return steps.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], document);
}

function fieldsOf(route: Route): Record<string, unknown> {
  const schema = route.body as
    | { shape?: Record<string, unknown>; out?: { shape?: Record<string, unknown> } }
    | undefined;
  const piped = (schema as { _zod?: { def?: { out?: { shape?: Record<string, unknown> } } } } | undefined)?._zod?.def
    ?.out;
  return schema?.shape ?? piped?.shape ?? {};
}

function accepts(route: Route, body: unknown): boolean {
  return route.body?.safeParse(JSON.parse(JSON.stringify(body))).success ?? true;
}

/** The least that a route takes. */
function validBody(route: Route): Record<string, unknown> {
  const needed = { message: "m", title: "t", code: "c", content: "x", style: "anthropic", apiKey: "k" };
  const fields = fieldsOf(route);
  return Object.fromEntries(
    Object.entries(needed).filter(
      ([field]) => field in fields && !(route.path === "/api/sessions" && field === "title"),
    ),
  );
}

/** Writes to a socket of its own and gives the status line of the answer. */
async function firstLine(head: string, body: string): Promise<string> {
  const socket = connect(hub.port, "127.0.0.1");
  // The hub stops reading before everything was sent.
  socket.on("error", () => undefined);
  socket.write(head);
  socket.write(body);
  const line = await new Promise<string>((resolve) =>
    socket.once("data", (chunk) => resolve(String(chunk).split("\r\n")[0] ?? "")),
  );
  socket.destroy();
  return line;
}
