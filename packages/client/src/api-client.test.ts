import { api, type RouteName } from "@anywork/protocol";
import { describe, expect, it } from "vitest";
import { createApiClient } from "./api-client.ts";
import { ApiError } from "./api-error.ts";
import { routes } from "./routes.ts";

function answering(status: number, body: unknown) {
  const requests: Request[] = [];
  const client = createApiClient({
    baseUrl: "http://hub.test",
    token: "t0k",
    fetch: async (input, init) => {
      requests.push(new Request(input, init));
      return typeof body === "string" ? new Response(body, { status }) : Response.json(body, { status });
    },
  });
  return { client, requests };
}

describe("api client", () => {
  it("knows every route of the table, with its method and path", () => {
    const expected = Object.entries(api).map(([name, route]) => [name, [route.method, route.path]]);
    expect(Object.entries(routes)).toEqual(expected);
    expect(new Set(Object.keys(routes) as RouteName[]).size).toBe(expected.length);
  });

  it("fills the path, the query and the body, and shows its token", async () => {
    const { client, requests } = answering(200, {});
    await client.call("renameSession", { params: { id: "a:b" }, body: { title: "T" } });
    await client.call("listSessions", { query: { limit: 5 } });
    expect(requests[0]?.url).toBe("http://hub.test/api/sessions/a%3Ab");
    expect(requests[0]?.method).toBe("PATCH");
    expect(requests[0]?.headers.get("authorization")).toBe("Bearer t0k");
    expect(await requests[0]?.json()).toEqual({ title: "T" });
    expect(requests[1]?.url).toBe("http://hub.test/api/sessions?limit=5");
  });

  it("says what the hub said when it refuses", async () => {
    const error = { code: "provider_auth", message: "invalid x-api-key", hint: "Check the key.", field: "apiKey" };
    const { client } = answering(400, { error });
    const thrown = await client.call("useDemo").catch((reason: unknown) => reason);
    expect(thrown).toBeInstanceOf(ApiError);
    expect(thrown).toMatchObject({ ...error, status: 400 });
  });

  it("gives a coded error when what answers is not a hub", async () => {
    const { client } = answering(502, "<html>Bad gateway</html>");
    await expect(client.call("status")).rejects.toMatchObject({ code: "internal", status: 502 });
  });

  it("gives a coded error when nothing answers", async () => {
    const fetch = () => Promise.reject(new TypeError("fetch failed"));
    const client = createApiClient({ baseUrl: "http://hub.test", fetch });
    await expect(client.call("status")).rejects.toMatchObject({ code: "unavailable", status: 0 });
  });
});
