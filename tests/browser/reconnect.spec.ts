import { test as base, composer, expect, say, thread, untilLast } from "./fixtures.ts";
import { startTestHub, type TestHub } from "./hub.ts";

/** Its own hub: it is killed here. */
const test = base.extend<object, { hub: TestHub }>({
  hub: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from this pattern
    async ({}, use) => {
      const hub = await startTestHub({ config: "agents:\n  default:\n    engine: echo\n" });
      await use(hub);
      await hub.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],
});
test.use({ allowedErrors: [/WebSocket connection|ERR_CONNECTION_REFUSED|Failed to load resource/] });

test.beforeEach(async ({ page }) => {
  await page.goto("/welcome");
  for (let step = 0; step < 3; step++) await page.getByRole("button", { name: "Skip" }).click();
  await expect(composer(page)).toBeVisible();
});

test("a hub that is killed in the middle of an answer costs no word and doubles none", async ({ page, hub }) => {
  const words = Array.from({ length: 120 }, (_, i) => `n${i}`);
  await say(page, `/slow 25 ${words.join(" ")}`);
  await expect(thread(page).locator(".md")).toContainText("n10 ");
  await hub.end("SIGKILL");
  await expect(page.getByText("No connection to AnyWork.")).toBeVisible();
  await hub.startAgain();
  await untilLast(page, "completed");
  await expect(thread(page).locator(".md")).toHaveText(words.join(" "));
  await expect(page.getByText("No connection to AnyWork.")).toHaveCount(0);
});

test("a message that could not be sent is kept and can be sent again", async ({ page, hub }) => {
  await say(page, "hello");
  await untilLast(page, "completed");
  await hub.end("SIGTERM");
  await expect(page.getByText("No connection to AnyWork.")).toBeVisible();
  await say(page, "are you there");
  await expect(thread(page).getByText("Not sent: there was no connection.")).toBeVisible();
  await hub.startAgain();
  await expect(page.getByText("No connection to AnyWork.")).toHaveCount(0);
  await thread(page).getByRole("button", { name: "Send again" }).click();
  await untilLast(page, "completed");
  await expect(thread(page).locator(".md").last()).toHaveText("are you there");
});
