import { gzipSync } from "node:zlib";
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { composer, expect, say, states, test, thread, untilLast } from "./fixtures.ts";

interface LayoutShift extends PerformanceEntry {
  value: number;
  sources: { node: Node | null }[];
}

/** In the light theme only the colours differ: the other rules have looked at the same elements already. */
async function expectNoViolations(page: Page, where: string, rules: "all" | "colours" = "all") {
  await page.evaluate(() =>
    Promise.all(
      document.getAnimations().map((one) => (one.effect?.getTiming().iterations === 1 ? one.finished : null)),
    ),
  );
  const axe = new AxeBuilder({ page }).options({ resultTypes: ["violations"] });
  const { violations } = await (rules === "colours" ? axe.withRules("color-contrast") : axe).analyze();
  const found = violations.map(({ id, nodes }) => `${where}: ${id}: ${nodes.map((node) => node.html).join(" | ")}`);
  expect(found).toEqual([]);
}

const everything =
  '[[reasoning:Weigh it.]] [[tool:bash {"command":"for i in $(seq 30); do echo line $i; done"}]] [[step]] [[tool:bash {"command":"exit 1"}]] [[step]] [[text:## Result\n\nA **table** with [a link](https://example.org):\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n```js\nconst a = 1; // one\n```\n\n- one\n- two]]';

for (const colorScheme of ["dark", "light"] as const) {
  for (const [device, size] of Object.entries({
    desktop: { width: 1440, height: 900 },
    phone: { width: 390, height: 844 },
  })) {
    test.describe(`${device}, ${colorScheme}`, () => {
      test.use({ colorScheme, viewport: size, hasTouch: device === "phone", isMobile: device === "phone" });

      test("has no accessibility violation in any state", async ({ page }) => {
        const rules = colorScheme === "light" ? "colours" : "all";
        await page.goto("/");
        await expect(composer(page)).toBeVisible();
        await expectNoViolations(page, "new chat", rules);
        await say(page, everything);
        await untilLast(page, "completed");
        await expectNoViolations(page, "finished task", rules);
        const closed = thread(page).getByRole("button", { expanded: false });
        while ((await closed.count()) > 0) await closed.last().click();
        await expectNoViolations(page, "opened cards", rules);
        await say(page, "[[auth]] fail");
        await untilLast(page, "failed");
        await say(page, "[[delay:50]] [[tokens:2000]]");
        await say(page, "queued");
        await expect(thread(page).getByText("Queued behind 1")).toBeVisible();
        await expectNoViolations(page, "failed, running, queued", rules);
        await page.getByRole("button", { name: /^Stop/ }).click();
        await untilLast(page, "completed");
        if (device === "phone") {
          await page.getByRole("button", { name: "Show chats" }).click();
          await expect(page.getByRole("navigation", { name: "Chats" })).toBeVisible();
          await expectNoViolations(page, "chats", rules);
          await page.keyboard.press("Escape");
        }
        await page.goto("/welcome");
        await page.getByRole("button", { name: /^Paste a key/ }).click();
        await expectNoViolations(page, "welcome, key", rules);
        await page.getByRole("button", { name: "Skip" }).click();
        await expectNoViolations(page, "welcome, safety", rules);
        await page.getByRole("button", { name: "Skip" }).click();
        await expectNoViolations(page, "welcome, start", rules);
        await page.goto("/nothing");
        await expectNoViolations(page, "not found", rules);
      });

      test("shows nothing wider than the screen, whatever the words", async ({ page }) => {
        const word = "Donaudampfschifffahrtsgesellschaft".repeat(12);
        await page.goto("/");
        await say(page, `${word} [[text:${word}]]`);
        await untilLast(page, "completed");
        await expect(thread(page).locator(".md")).toContainText(word);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(size.width);
        expect(await thread(page).evaluate((box) => box.scrollWidth - box.clientWidth)).toBe(0);
      });
    });
  }
}

test("menus and dialogs have no accessibility violation", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("button", { name: /^Settings and help/ }).click();
  await expect(page.getByRole("menuitem", { name: "Keyboard shortcuts" })).toBeVisible();
  await expectNoViolations(page, "menu");
  await page.getByRole("menuitemradio", { name: "Light" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  await page.getByRole("button", { name: /^Settings and help/ }).click();
  await page.getByRole("menuitem", { name: "Keyboard shortcuts" }).click();
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
  await expectNoViolations(page, "shortcuts");
});

test("all script until the network is idle is at most 250 KB compressed", async ({ page }) => {
  await page.goto("/");
  await say(page, "[[text:```js\nconst a = 1;\n```]]");
  await untilLast(page, "completed");
  const address = page.url();
  await expect(thread(page).locator("pre span[style]").first()).toBeVisible();
  await page.goto("about:blank");
  let bytes = 0;
  const bodies: Promise<void>[] = [];
  page.on("response", (response) => {
    if (response.request().resourceType() !== "script") return;
    bodies.push(
      response.body().then((body) => {
        bytes += gzipSync(body).length;
      }),
    );
  });
  await page.goto(address, { waitUntil: "networkidle" });
  await expect(thread(page).locator("pre span[style]").first()).toBeVisible(); // coloured: the highlighter counts, too
  await Promise.all(bodies);
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes / 1024).toBeLessThanOrEqual(250);
});

test("nothing shifts while an answer streams", async ({ page }) => {
  await page.goto("/");
  await say(page, "warm up [[text:ok]]");
  await untilLast(page, "completed");
  await page.evaluate(() => {
    const shifts: string[] = [];
    const explain = ({ value, sources }: LayoutShift) =>
      `${value}: ${sources.map(({ node }) => node?.parentElement?.outerHTML.slice(0, 300)).join(" | ")}`;
    Object.assign(globalThis, { shifts });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) shifts.push(explain(entry as LayoutShift));
    }).observe({ type: "layout-shift" });
  });
  await say(page, '[[rate:400]] [[tokens:400]] [[tool:bash {"command":"echo a; echo b"}]] [[step]] [[tokens:400]]');
  await expect(states(page, "completed")).toHaveCount(2);
  await untilLast(page, "completed");
  expect(await page.evaluate(() => (globalThis as unknown as { shifts: string[] }).shifts)).toEqual([]);
});
