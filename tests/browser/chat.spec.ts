import { composer, expect, say, states, test, thread, untilLast } from "./fixtures.ts";

test.beforeEach(async ({ page }) => {
  await page.goto("/");
  await expect(composer(page)).toBeVisible();
});

test("an answer streams in, keeps its markdown and can be found again after a reload", async ({ page }) => {
  await say(
    page,
    "[[text:Here is **bold** and `code` and [a page](https://example.org/x).]] [[delay:5]] [[tokens:60]]",
  );
  await expect(page).toHaveURL(/\/s\/[0-9a-f-]{36}$/);
  await untilLast(page, "completed");
  for (const reloaded of [false, true]) {
    if (reloaded) await page.reload();
    await expect(thread(page).locator("strong")).toHaveText("bold");
    await expect(thread(page).locator("code")).toHaveText("code");
    const link = thread(page).getByRole("link", { name: "a page" });
    await expect(link).toHaveAttribute("rel", /noopener/);
    await expect(thread(page)).toContainText("example.org");
    await expect(thread(page)).toContainText("w59");
  }
});

test("a picture from elsewhere is never asked for", async ({ page }) => {
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await say(page, "[[text:See ![a cat](https://pictures.example/cat.png) there.]]");
  await untilLast(page, "completed");
  await expect(thread(page).getByRole("link", { name: "Image not loaded: a cat" })).toBeVisible();
  expect(asked.filter((url) => url.includes("pictures.example"))).toEqual([]);
});

test("HTML in an answer is shown as text", async ({ page }) => {
  await say(page, "[[text:<img src=x onerror=alert(1)>]]");
  await untilLast(page, "completed");
  await expect(thread(page).locator(".md")).toContainText("<img src=x onerror=alert(1)>");
  await expect(thread(page).locator("img")).toHaveCount(0);
});

test("a tool card shows what runs while it runs, and the result when opened", async ({ page }) => {
  const command = 'echo first; until [ -f go ]; do sleep 0.05; done; printf "\\\\033[32mgreen\\\\033[0m end\\\\n"';
  await say(
    page,
    `[[tool:bash {"command":${JSON.stringify(command).replaceAll("\\\\\\\\", "\\\\")}}]] [[step]] [[text:All done.]]`,
  );
  const card = thread(page).getByRole("button", { name: /^Run/ });
  await expect(card).toContainText("running");
  await expect(thread(page).getByText("first", { exact: true })).toBeVisible();
  await page.keyboard.press("Escape");
  await untilLast(page, "canceled");
});

test("a tool that fails says so before it is opened", async ({ page }) => {
  await say(page, '[[tool:bash {"command":"echo wrong turn >&2; exit 3"}]] [[step]] [[text:I saw it.]]');
  await untilLast(page, "completed");
  const card = thread(page).getByRole("button", { name: /^Run echo/ });
  await expect(card).toContainText("failed");
  await card.click();
  await expect(thread(page).getByRole("log")).toContainText("wrong turn");
});

test("a written file is shown as its content, a change as its lines", async ({ page }) => {
  await say(
    page,
    '[[tool:write {"path":"a.txt","content":"one\\ntwo\\n"}]] [[step]] [[tool:edit {"path":"a.txt","old_text":"two","new_text":"three"}]] [[step]] [[text:Changed.]]',
  );
  await untilLast(page, "completed");
  await thread(page)
    .getByRole("button", { name: /^Write a\.txt/ })
    .click();
  await expect(thread(page).locator("pre").first()).toContainText("one");
  await thread(page)
    .getByRole("button", { name: /^Edit a\.txt/ })
    .click();
  await expect(thread(page).getByText("- two")).toBeVisible();
  await expect(thread(page).getByText("+ three")).toBeVisible();
});

test("Escape stops what runs; it can be run again", async ({ page }) => {
  await say(page, "[[delay:50]] [[tokens:2000]]");
  await expect(thread(page)).toContainText("w5 ");
  await page.keyboard.press("Escape");
  await untilLast(page, "canceled");
  await thread(page).getByRole("button", { name: "Run again" }).click();
  await expect(thread(page).getByRole("heading", { name: "You" })).toHaveCount(2);
  await page.getByRole("button", { name: /^Stop/ }).click();
  await expect(states(page, "canceled")).toHaveCount(2);
});

test("a second message waits its turn and can be taken back", async ({ page }) => {
  await say(page, "[[delay:50]] [[tokens:2000]]");
  await expect(states(page, "running")).toBeVisible();
  await say(page, "[[text:second]]");
  await expect(thread(page).getByText("Queued behind 1")).toBeVisible();
  await say(page, "[[text:third answer]]");
  await expect(thread(page).getByText("Queued behind 2")).toBeVisible();
  await thread(page).getByRole("button", { name: "Take this message back" }).first().click();
  await expect(thread(page).getByText("Queued behind 2")).toHaveCount(0);
  await page.keyboard.press("Escape");
  await expect(thread(page).locator(".md").getByText("third answer")).toBeVisible();
  await untilLast(page, "completed");
});

test("a model that is overloaded is asked again, and the page says so", async ({ page }) => {
  await say(page, "[[429x2]] [[text:Here at last.]]");
  await expect(thread(page).getByText(/rate limit is reached\. Retrying/)).toBeVisible();
  await expect(thread(page).getByText("Here at last.", { exact: true })).toBeVisible();
  await untilLast(page, "completed");
});

test("a failure says what happened and what to do, with its code", async ({ page }) => {
  await say(page, "[[auth]] hello");
  await untilLast(page, "failed");
  const alert = thread(page).getByRole("alert");
  await expect(alert).toContainText("provider_auth");
  await expect(alert.getByRole("link", { name: "Connect a model" })).toBeVisible();
  await alert.getByRole("button", { name: "Run again" }).click();
  await expect(states(page, "failed")).toHaveCount(2);
});

test("reasoning is folded and can be read", async ({ page }) => {
  await say(page, "[[reasoning:Let me weigh it.]] [[text:Yes.]]");
  await untilLast(page, "completed");
  await expect(thread(page).getByText("Let me weigh it.", { exact: true })).toHaveCount(0);
  await thread(page).getByRole("button", { name: "Thought" }).click();
  await expect(thread(page).getByText("Let me weigh it.", { exact: true })).toBeVisible();
});

test("a reader who scrolled up is left alone and can jump to the latest", async ({ page }) => {
  await say(page, "[[tokens:1500]]");
  await untilLast(page, "completed");
  await say(page, "[[delay:10]] [[tokens:1500]]");
  await expect(states(page, "running")).toBeVisible();
  await thread(page).hover();
  await page.mouse.wheel(0, -900);
  const jump = page.getByRole("button", { name: "Jump to latest" });
  await expect(jump).toBeVisible();
  const before = await thread(page).evaluate((box) => box.scrollTop);
  await page.waitForFunction(() => document.querySelectorAll("section[aria-label=Conversation]").length === 1);
  await expect.poll(() => thread(page).evaluate((box) => box.scrollHeight)).toBeGreaterThan(before + 1500);
  expect(await thread(page).evaluate((box) => box.scrollTop)).toBe(before);
  await jump.click();
  await expect(jump).toHaveCount(0);
  await expect
    .poll(() => thread(page).evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight))
    .toBeLessThan(60);
  await page.keyboard.press("Escape");
  await untilLast(page, "canceled");
});

test("Shift Enter breaks the line, and a draft survives a reload", async ({ page }) => {
  await composer(page).fill("one");
  await composer(page).press("Shift+Enter");
  await composer(page).pressSequentially("two");
  await expect(composer(page)).toHaveValue("one\ntwo");
  await page.reload();
  await expect(composer(page)).toHaveValue("one\ntwo");
});
