// What every browser test has: a hub with the demo on (one per Playwright worker), a page that fails its test when the
// console shows an error, and the few moves that a person makes all the time.
import { test as base, expect, type Locator, type Page } from "@playwright/test";
import { findChromium } from "./chromium.ts";
import { startTestHub, type TestHub } from "./hub.ts";

const isRequired = (process.env.ANYWORK_TEST_REQUIRE ?? "").split(",").includes("chromium");

interface Fixtures {
  /** Errors that a test brings about on purpose, as patterns of their console line. */
  allowedErrors: RegExp[];
  page: Page;
}

export const test = base.extend<Fixtures, { hub: TestHub }>({
  hub: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from this pattern
    async ({}, use) => {
      const hub = await startTestHub({ demo: true });
      await use(hub);
      await hub.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],
  baseURL: async ({ hub }, use) => use(hub.url),
  allowedErrors: [[], { option: true }],
  page: async ({ page, allowedErrors }, use) => {
    const errors = watchErrors(page);
    await use(page);
    expect(errors.filter((line) => !allowedErrors.some((allowed) => allowed.test(line)))).toEqual([]);
  },
});

test.beforeEach(() => {
  if (!isRequired) test.skip(findChromium() === undefined, "no Chromium: set ANYWORK_CHROMIUM or install chromium");
});

/** Everything that a developer would see in red. */
function watchErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(String(error)));
  return errors;
}

export const composer = (page: Page): Locator => page.getByRole("textbox", { name: "Message", exact: true });
export const thread = (page: Page): Locator => page.getByRole("region", { name: "Conversation" });

export async function say(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await composer(page).press("Enter");
}

/** The state lines of tasks that stand as told. */
export const states = (page: Page, state: "running" | "completed" | "failed" | "canceled"): Locator =>
  thread(page).locator(`[data-state="${state}"]`);

/** Waits until nothing runs or waits in this chat and the last task has ended as told. */
export async function untilLast(page: Page, state: "completed" | "failed" | "canceled"): Promise<void> {
  await expect(thread(page).locator("[data-state]").last()).toHaveAttribute("data-state", state);
  await expect(page.getByRole("button", { name: /^Stop/ })).toHaveCount(0);
}

export { expect };
