import { expect, states, test, thread, untilLast } from "./fixtures.ts";

test("a whole visit by keyboard alone: ask, open what ran, stop, rename, leave", async ({ page }) => {
  const press = (...keys: string[]) =>
    keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
  const tabTo = async (name: RegExp) => {
    for (let i = 0; i < 60; i++) {
      const label = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement | null;
        return element?.getAttribute("aria-label") ?? element?.textContent ?? "";
      });
      if (name.test(label)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`nothing that is called ${name} takes the focus`);
  };
  await page.goto("/");
  await expect(page.getByRole("textbox", { name: "Message" })).toBeFocused();
  await page.keyboard.type('Keyboard visit [[tool:bash {"command":"echo by hand"}]] [[step]] [[text:Ready.]]');
  await press("Enter");
  await untilLast(page, "completed");
  await tabTo(/^Run ?echo by hand/);
  await press("Enter");
  await expect(thread(page).getByRole("log")).toContainText("by hand");
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await press("m");
  await page.keyboard.type("[[delay:50]] [[tokens:1000]]");
  await press("Enter");
  await expect(states(page, "running")).toBeVisible();
  await press("Escape");
  await untilLast(page, "canceled");
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await tabTo(/^Actions for Keyboard visit/);
  await press("Enter");
  await expect(page.getByRole("menuitem", { name: "Rename" })).toBeFocused();
  await press("Enter");
  await expect(page.getByRole("textbox", { name: "Name of the chat" })).toBeFocused();
  await page.keyboard.type("By hand");
  await press("Enter");
  await expect(page.getByRole("link", { name: /^By hand/ })).toBeVisible();
});
