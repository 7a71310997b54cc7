// Who may come in: tokens, cookies, places, and what every answer carries.
import { statSync } from "node:fs";
import { join } from "node:path";
import { api, type Route } from "@anywork/protocol";
import { type Answer, type HubProcess, runHubProcess, startHubProcess } from "@anywork/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { everythingBelow, filesWith } from "./files.ts";
import { chat, runTask } from "./tasks.ts";

const routes = Object.entries(api) as [keyof typeof api, Route][];
const pathOf = (route: Route) => route.path.replace(/:\w+/g, "some-id");
const upgrade = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  "sec-websocket-version": "13",
};

let hub: HubProcess;
let open: HubProcess;
beforeAll(async () => {
  [hub, open] = await Promise.all([startHubProcess(), startHubProcess({ auth: "off" })]);
});
afterAll(async () => {
  await Promise.all([hub.stop(), open.stop()]);
});

describe("without the owner's token", () => {
  const noToken = { authorization: undefined };

  test.each(routes.filter(([, route]) => route.permission === "owner"))("%s is 401", async (_, route) => {
    const wrong = [
      undefined,
      "",
      "Bearer",
      "Bearer ",
      `Bearer ${"0".repeat(64)}`,
      `Basic ${hub.token}`,
      hub.token,
      `Bearer ${hub.token}x`,
      `Bearer ${hub.token.slice(0, -1)}`,
      `Bearer  ${hub.token}`,
    ];
    for (const authorization of wrong) {
      const answer = await hub.http(route.method, pathOf(route), undefined, { authorization });
      expect([authorization, answer.status]).toEqual([authorization, 401]);
      expect(answer.refusal()).toMatchObject({ code: "unauthorized", hint: expect.stringContaining("anywork token") });
    }
  });

  test("only the routes that say so are public", async () => {
    for (const [, route] of routes.filter(([, { permission }]) => permission === "public")) {
      expect((await hub.http(route.method, pathOf(route), undefined, noToken)).status).not.toBe(401);
    }
    const who = await hub.http("GET", "/api/auth/who", undefined, noToken);
    expect(who.reply("who")).toEqual({ signedIn: false, auth: "on" });
  });

  test("there is no socket, and a token in the address is worth nothing", async () => {
    await expect(hub.socket(noToken)).rejects.toThrow("401");
    await expect(hub.socket({ authorization: "Bearer wrong" })).rejects.toThrow("401");
    for (const path of [`/ws?token=${hub.token}`, `/ws?access_token=${hub.token}`, `/ws/?authorization=${hub.token}`]) {
      expect((await hub.http("GET", path, undefined, { ...noToken, ...upgrade })).status).toBe(404);
    }
    for (const name of ["token", "access_token", "authorization", "code"]) {
      const answer = await hub.http("GET", `/api/status?${name}=${hub.token}`, undefined, noToken);
      expect(answer.status).toBe(401);
    }
  });
});

describe("a sign-in link", () => {
  const signIn = (code: unknown, at = hub) =>
    at.http("POST", "/api/auth/sign-in", { code }, { authorization: undefined });
  const codeOf = (url: string) => new URL(url).hash.replace("#code=", "");

  test("is the bare address with its code in the fragment, on the first line that the hub prints", () => {
    expect(hub.link).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${hub.port}/#code=[A-Za-z0-9_-]{43}$`));
    expect(open.link).toBe(`http://127.0.0.1:${open.port}/`);
  });

  test("signs one browser in, once, by a cookie that no script and no other site can use", async () => {
    const code = codeOf(hub.link);
    const first = await signIn(code);
    expect(first.reply("signIn")).toEqual({ ok: true });
    const [cookie = ""] = first.headers["set-cookie"] ?? [];
    const flags = cookie
      .split("; ")
      .slice(1)
      .map((flag) => flag.toLowerCase());
    expect(flags).toEqual(expect.arrayContaining(["httponly", "samesite=strict", "path=/"]));
    const signedIn = { authorization: undefined, cookie: cookie.split(";")[0] };
    expect((await hub.http("GET", "/api/status", undefined, signedIn)).status).toBe(200);
    const socket = await hub.socket(signedIn);
    expect((await chat(socket, { message: "hi" })).at(-1)?.type).toBe("done");
    socket.close();
    const second = await signIn(code);
    expect([second.status, second.refusal().code]).toEqual([401, "unauthorized"]);

    const out = await hub.http("POST", "/api/auth/sign-out", undefined, signedIn);
    expect(out.reply("signOut")).toEqual({ ok: true });
    expect(out.headers["set-cookie"]?.[0]).toContain("Max-Age=0");
    expect((await hub.http("GET", "/api/status", undefined, signedIn)).status).toBe(401);
    await expect(hub.socket(signedIn)).rejects.toThrow("401");
  });

  test("can be asked for anew, and no code is in any log or in the database", async () => {
    const made = (await hub.http("POST", "/api/auth/links")).reply("newSignInLink");
    const code = codeOf(made.url);
    expect((await signIn(code)).status).toBe(200);
    for (const secret of [code, codeOf(hub.link), hub.token])
      expect(filesWith(hub.home, secret).filter((path) => !path.endsWith("/token"))).toEqual([]);
  });

  test("cannot be guessed for long", async () => {
    const guesses = [];
    for (let n = 0; n < 12; n += 1) guesses.push(await signIn(`guess-${n}`));
    expect(guesses[0]?.status).toBe(401);
    expect(guesses.at(-1)?.status).toBe(429);
    expect(guesses.at(-1)?.refusal()).toMatchObject({ code: "too_many_requests" });
  });

  test("wrong cookies are nobody's", async () => {
    for (const cookie of [
      "",
      "=",
      `anywork-${hub.port}=`,
      `anywork-${hub.port}=x`,
      "anywork=x; ;;=;",
      `anywork-${hub.port}`,
    ]) {
      const answer = await hub.http("GET", "/api/status", undefined, { authorization: undefined, cookie });
      expect(answer.status).toBe(401);
    }
  });
});

describe("requests from elsewhere are refused before anything else", () => {
  const hosts = (port: number) => [
    "evil.com",
    `evil.com:${port}`,
    "127.0.0.1",
    "localhost",
    "[::1]",
    "127.0.0.1:1",
    `127.0.0.1:${port}0`,
    `127.0.0.1:0${port}`,
    `127.0.0.1:${port}.evil.com`,
    `127.0.0.1.evil.com:${port}`,
    `localhost.evil.com:${port}`,
    `evil.localhost:${port}`,
    `localhost.:${port}`,
    `127.0.0.1.:${port}`,
    `127.1:${port}`,
    `127.0.0.2:${port}`,
    `2130706433:${port}`,
    `0x7f.0.0.1:${port}`,
    `0177.0.0.1:${port}`,
    `0.0.0.0:${port}`,
    `[::]:${port}`,
    `[::ffff:127.0.0.1]:${port}`,
    `[0:0:0:0:0:0:0:1]:${port}`,
    `::1:${port}`,
    `evil.com@127.0.0.1:${port}`,
    `127.0.0.1:${port}@evil.com`,
    `127.0.0.1:${port}/evil`,
    `127.0.0.1:${port}#evil`,
    `127.0.0.1:${port}?evil`,
    `127.0.0.1:${port},evil.com`,
    `127.0.0.1:${port} evil.com`,
    `http://127.0.0.1:${port}`,
    `anywork:${port}`,
    `-:${port}`,
    `:${port}`,
    "",
  ];
  const origins = (port: number) => [
    "null",
    "",
    "*",
    "evil.com",
    "http://evil.com",
    `http://evil.com:${port}`,
    `https://127.0.0.1:${port}`,
    `https://localhost:${port}`,
    `ws://127.0.0.1:${port}`,
    `127.0.0.1:${port}`,
    `//127.0.0.1:${port}`,
    "http://127.0.0.1",
    "http://localhost",
    "http://127.0.0.1:1",
    `http://127.0.0.1:${port}0`,
    `http://127.0.0.1:${port}/`,
    `http://127.0.0.1:${port}/path`,
    `http://127.0.0.1:${port}.evil.com`,
    `http://127.0.0.1.evil.com:${port}`,
    `http://localhost.evil.com:${port}`,
    `http://evil.localhost:${port}`,
    `http://evil.com@127.0.0.1:${port}`,
    `http://127.0.0.1:${port}@evil.com`,
    `http://127.0.0.2:${port}`,
    `http://0.0.0.0:${port}`,
    `http://127.1:${port}`,
    `http://2130706433:${port}`,
    `http://127.0.0.1:${port} http://evil.com`,
    `http://127.0.0.1:${port},http://evil.com`,
    `http://127.0.0.1:${port}, http://127.0.0.1:${port}`,
    `http://127.0.0.1:${port}#x`,
    `http://127.0.0.1:${port}?x`,
    "file://",
    "data:",
    "about:blank",
    "chrome-extension://abcdefghijklmnop",
    "moz-extension://1234",
    "app://anywork",
    "http://",
    "javascript:alert(1)",
  ];
  const ways: [string, () => HubProcess][] = [
    ["with the owner's token", () => hub],
    ["with ANYWORK_AUTH=off", () => open],
  ];

  async function expectRefused(at: HubProcess, headers: Record<string, string>, codes: string[]): Promise<void> {
    const asked: Answer[] = [
      await at.http("GET", "/api/health", undefined, headers),
      await at.http("POST", "/api/tasks", { message: "x" }, headers),
      await at.http("GET", "/", undefined, headers),
      await at.http("GET", "/ws", undefined, { ...headers, ...upgrade }),
    ];
    for (const answer of asked) {
      // What is no header of HTTP at all is refused by the parser.
      expect([JSON.stringify(headers), [400, 403].includes(answer.status)]).toEqual([JSON.stringify(headers), true]);
      if (answer.status === 403) expect(codes).toContain(answer.refusal().code);
    }
  }

  test.each(ways)("%s: every Host but its own names", async (_, way) => {
    const at = way();
    expect(hosts(0).length + origins(0).length).toBeGreaterThanOrEqual(60);
    for (const host of hosts(at.port)) await expectRefused(at, { host }, ["host_refused"]);
  });

  test.each(ways)("%s: every Origin but its own", async (_, way) => {
    const at = way();
    for (const origin of origins(at.port)) await expectRefused(at, { origin }, ["origin_refused"]);
  });

  test("its own names are let in, in any case", async () => {
    for (const name of ["127.0.0.1", "localhost", "LocalHost", "[::1]"]) {
      const place = { host: `${name}:${hub.port}`, origin: `http://${name}:${hub.port}` };
      expect([name, (await hub.http("GET", "/api/status", undefined, place)).status]).toEqual([name, 200]);
      const socket = await hub.socket(place);
      socket.close();
    }
  });

  test("a request without Origin is no browser's: judged by Host and token alone, with auth off by Host alone", async () => {
    expect((await hub.http("GET", "/api/status")).status).toBe(200);
    const simple = await open.socket({ authorization: undefined });
    const frames = await chat(simple, { session_id: null, message: "hello simple client" });
    expect(frames.at(-1)).toMatchObject({ type: "done" });
    expect((await open.http("GET", "/api/status", undefined, { authorization: undefined })).status).toBe(200);
    simple.close();
  });

  test("an upgrade in the absolute form, to another path, or with another method is none", async () => {
    const headers = { ...upgrade };
    for (const path of [
      `http://127.0.0.1:${hub.port}/ws`,
      "http://evil.com/ws",
      "/",
      "/ws/",
      "/ws/runner",
      "/WS",
      "/api/status",
      "//ws",
    ]) {
      const answer = await hub.http("GET", path, undefined, headers);
      expect([path, answer.status]).toEqual([path, 404]);
    }
    await expect(hub.http("POST", "/ws", undefined, headers)).resolves.toMatchObject({
      status: expect.toSatisfy((s) => s >= 400 && s < 500),
    });
    const plain = await hub.http("GET", "/ws");
    expect(plain.status).not.toBe(101);
  });

  test("a preflight from elsewhere gets no permission", async () => {
    const headers = { origin: "http://evil.com", "access-control-request-method": "POST" };
    const answer = await hub.http("OPTIONS", "/api/tasks", undefined, headers);
    expect(answer.status).toBe(403);
    for (const place of [{}, headers]) {
      const { headers: got } = await hub.http("GET", "/api/health", undefined, place);
      expect(Object.keys(got).filter((name) => name.startsWith("access-control-"))).toEqual([]);
    }
  });
});

test("every kind of answer carries the headers that protect the page", async () => {
  const task = await runTask(hub, { message: "x" });
  const answers: [string, Answer][] = [
    ["JSON", await hub.http("GET", "/api/status")],
    ["created", await hub.http("POST", "/api/sessions", {})],
    ["events", await hub.http("GET", `/api/tasks/${task.id}/events`)],
    ["page", await hub.http("GET", "/")],
    ["page's file that is not there", await hub.http("GET", "/assets/none.js")],
    ["page, wrong method", await hub.http("POST", "/somewhere", {})],
    ["unknown route", await hub.http("GET", "/api/none")],
    ["unknown session", await hub.http("GET", "/api/sessions/none")],
    ["wrong body", await hub.http("POST", "/api/tasks", {})],
    ["broken body", await hub.http("POST", "/api/tasks", "{")],
    ["wrong type", await hub.http("POST", "/api/tasks", "x", { "content-type": "text/plain" })],
    ["too large", await hub.http("POST", "/api/tasks", "x".repeat(1024 * 1024 + 1))],
    ["no token", await hub.http("GET", "/api/status", undefined, { authorization: undefined })],
    ["wrong host", await hub.http("GET", "/", undefined, { host: "evil.com" })],
    ["wrong origin", await hub.http("GET", "/", undefined, { origin: "http://evil.com" })],
  ];
  for (const [kind, { headers }] of answers) {
    const policy = String(headers["content-security-policy"]);
    expect([kind, policy.includes("default-src 'self'")]).toEqual([kind, true]);
    expect(policy).toMatch(/script-src 'self'(;|$)/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
    });
    expect(headers["x-powered-by"]).toBeUndefined();
  }
});

describe("the home", () => {
  test("is for its owner's eyes only, files and folders alike", async () => {
    await runTask(hub, { message: "x" });
    const open = everythingBelow(hub.home).filter(
      (path) => (statSync(path).mode & 0o077) !== 0 && !isSharedWithAgents(path),
    );
    expect(open).toEqual([]);
    for (const name of ["token", "master.key"]) expect(statSync(join(hub.home, name)).mode & 0o777).toBe(0o600);
  });

  /** Not ours: the configuration that the person (here: the harness) wrote. */
  const isSharedWithAgents = (path: string) => path.endsWith("config.yaml");
});

test("without authentication only a loopback address is served", async () => {
  for (const host of ["0.0.0.0", "::", "192.0.2.1", "example.com"]) {
    const refused = await runHubProcess([
      "--home",
      join(hub.home, "other"),
      "--auth",
      "off",
      "--host",
      host,
      "--port",
      "0",
    ]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("loopback");
    expect(refused.stdout).toBe("");
  }
});
