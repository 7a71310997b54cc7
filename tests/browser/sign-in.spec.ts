import { test as base, expect } from "./fixtures.ts";
import { startTestHub, type TestHub } from "./hub.ts";

const test = base.extend<object, { hub: TestHub }>({
  hub: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from this pattern
    async ({}, use) => {
      const hub = await startTestHub({ auth: "on" });
      await use(hub);
      await hub.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],
});

test.describe("the link", () => {
  // The second use is refused on purpose.
  test.use({ allowedErrors: [/Failed to load resource.*401/] });
  test("signs in one browser, once, leaves no trace in the address, and explains itself when used again", async ({
    page,
    hub,
    browser,
  }) => {
    await page.goto(hub.link);
    await expect(page.getByRole("heading", { name: "Connect a model" })).toBeVisible();
    expect(page.url()).not.toContain("code=");
    await page.reload();
    await expect(page.getByRole("heading", { name: "Connect a model" })).toBeVisible();

    const other = await browser.newContext();
    const stranger = await other.newPage();
    await stranger.goto(hub.link);
    await expect(stranger.getByRole("heading", { name: "This sign-in link does not work any more" })).toBeVisible();
    await expect(stranger.getByText("anywork token --link")).toBeVisible();

    const { url } = (await page.evaluate(async () => {
      const headers = { "content-type": "application/json" };
      const reply = await fetch("/api/auth/links", { method: "POST", headers, body: "{}" });
      return reply.json();
    })) as { url: string };
    await stranger.getByRole("textbox", { name: "Link, code or token" }).fill(url);
    await stranger.getByRole("button", { name: "Sign in" }).click();
    await expect(stranger.getByRole("heading", { name: "Connect a model" })).toBeVisible();
    await other.close();
  });
});

test("without a link the page says how to get one, without an error in the console", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Sign in to AnyWork" })).toBeVisible();
  await expect(page.getByText("anywork token --link")).toBeVisible();
});
