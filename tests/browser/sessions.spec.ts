import type { Page } from "@playwright/test";
import { composer, expect, say, test, untilLast } from "./fixtures.ts";

const chats = (page: Page) => page.getByRole("navigation", { name: "Chats" });
const row = (page: Page, title: string) => chats(page).getByRole("link", { name: title });

async function newChat(page: Page, title: string) {
  await page.goto("/");
  await say(page, `${title} [[text:ok]]`);
  await untilLast(page, "completed");
  await expect(row(page, title)).toBeVisible();
}

test("a chat can be renamed, and its title is the page's", async ({ page }) => {
  await newChat(page, "Alpha");
  await page
    .getByRole("main")
    .getByRole("button", { name: /^Actions for Alpha/ })
    .click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await page.getByRole("textbox", { name: "Name of the chat" }).fill("Renamed chat");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Renamed chat");
  await expect(page).toHaveTitle("Renamed chat · AnyWork");
  await page.reload();
  await expect(row(page, "Renamed chat")).toBeVisible();
});

test("a deleted chat can be taken back; without that it is gone", async ({ page, hub }) => {
  await newChat(page, "Doomed");
  const id = new URL(page.url()).pathname.split("/")[2] ?? "";
  const remove = async () => {
    await row(page, "Doomed").hover();
    await chats(page)
      .getByRole("button", { name: /^Actions for Doomed/ })
      .click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await expect(row(page, "Doomed")).toHaveCount(0);
  };
  await remove();
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(row(page, "Doomed")).toBeVisible();
  await remove();
  await page.goto("about:blank"); // closing does not wait for the time to undo
  await expect.poll(async () => (await fetch(`${hub.url}/api/sessions/${id}`)).status).toBe(404);
});

test("j and k move through the chats, c opens a new one, ? lists the keys", async ({ page }) => {
  await newChat(page, "First of two");
  await newChat(page, "Second of two");
  await composer(page).blur();
  await page.keyboard.press("j");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("First of two");
  await composer(page).blur();
  await page.keyboard.press("k");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Second of two");
  await composer(page).blur();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await composer(page).blur();
  await page.keyboard.press("c");
  await expect(page.getByRole("heading", { name: "What should be done?" })).toBeVisible();
});

test.describe("addresses that lead nowhere", () => {
  test.use({ allowedErrors: [/404/] });
  test("are explained", async ({ page }) => {
    await page.goto("/nothing/here");
    await expect(page.getByRole("heading", { name: "There is nothing here" })).toBeVisible();
    await page.goto("/s/no-such-chat");
    await expect(page.getByRole("heading", { name: "This chat does not exist" })).toBeVisible();
  });
});
