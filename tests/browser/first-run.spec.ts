import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test as base, composer, expect, thread, untilLast } from "./fixtures.ts";
import { startTestHub, type TestHub } from "./hub.ts";

const test = base.extend<object, { hub: TestHub }>({
  hub: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from this pattern
    async ({}, use) => {
      const hub = await startTestHub();
      await use(hub);
      await hub.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],
});

test.describe("a refused key", () => {
  test("is explained in the provider's own words", async ({ page }) => {
    const provider = createServer((_request, response) => {
      response.writeHead(401, { "content-type": "application/json" });
      response.end(
        JSON.stringify({ error: { message: "Incorrect API key provided: sk-wrong", type: "invalid_request_error" } }),
      );
    });
    await new Promise<void>((done) => provider.listen(0, "127.0.0.1", done));
    const { port } = provider.address() as AddressInfo;
    await page.goto("/");
    await expect(page).toHaveURL(/\/welcome$/);
    await page.getByRole("button", { name: /^Paste a key/ }).click();
    await page.getByText("Compatible", { exact: true }).click();
    await page.getByRole("textbox", { name: "Address" }).fill(`http://127.0.0.1:${port}/v1`);
    await page.getByLabel("API key").fill("sk-wrong");
    await page.getByRole("textbox", { name: "Model" }).fill("some-model");
    await page.getByRole("button", { name: "Check and connect" }).click();
    await expect(page.getByRole("alert")).toContainText("Incorrect API key provided");
    await expect(page.getByRole("alert")).toContainText("provider_auth");
    await new Promise((done) => provider.close(done));
  });
});

test("every step can be skipped, and the page says what is missing", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Connect a model" })).toBeFocused();
  await page.getByRole("button", { name: "Skip" }).click();
  await expect(page.getByRole("heading", { name: "How tools run" })).toBeFocused();
  await page.getByRole("button", { name: "Skip" }).click();
  await expect(page.getByRole("heading", { name: "Ask for something" })).toBeFocused();
  await page.getByRole("button", { name: "Skip" }).click();
  await expect(composer(page)).toBeVisible();
  await expect(page.getByText("No model is connected")).toBeVisible();
});

test("from nothing to a file that was written and run", async ({ page, hub }) => {
  await page.goto("/");
  await page.getByRole("button", { name: /^Try the offline demo/ }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("listitem").getByRole("button").first().click();
  await untilLast(page, "completed");
  await expect(page.getByText("Offline demo: a simulator answers, not a model.")).toBeVisible();
  await expect(
    thread(page)
      .getByRole("button", { name: /^(Write|Run)/ })
      .first(),
  ).toBeVisible();
  const names = await readdir(join(hub.home, "workspaces"), { recursive: true });
  const written = names.find((name) => /outputs\/.+/.test(name)) ?? "no file in files/outputs";
  expect(await readFile(join(hub.home, "workspaces", written), "utf8")).not.toBe("");
});

test("every prompt that the demo offers works with the real tools", async ({ page, hub }) => {
  await hub.post("/api/provider/demo");
  const { demoPrompts } = (await (await fetch(`${hub.url}/api/status`)).json()) as { demoPrompts: { title: string }[] };
  for (const { title } of demoPrompts) {
    await page.goto("/");
    await page
      .getByRole("main")
      .getByRole("button", { name: new RegExp(`^${title}`) })
      .click();
    await untilLast(page, "completed");
    await expect(thread(page).getByText("failed")).toHaveCount(0);
  }
});
