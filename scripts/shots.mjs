// npm run shots: pictures of every page and state into shots/, for eyes. `-- --docs` makes docs/images/chat.png only.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";
import { chromiumArgs, findChromium } from "../tests/browser/chromium.ts";
import { startTestHub } from "../tests/browser/hub.ts";
import { build } from "./build.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const isDocs = process.argv.includes("--docs");
const devices = {
  desktop: { viewport: { width: 1440, height: 900 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
};
const message = (page) => page.getByRole("textbox", { name: "Message", exact: true });
const thread = (page) => page.getByRole("region", { name: "Conversation" });

async function say(page, text) {
  await message(page).fill(text);
  await message(page).press("Enter");
}

async function untilOver(page) {
  await thread(page).locator("[data-state]").last().waitFor();
  await page.waitForFunction(() => {
    const last = [...document.querySelectorAll("[data-state]")].at(-1)?.dataset.state;
    return last === "completed" || last === "failed" || last === "canceled";
  });
  await page
    .locator("pre span[style]")
    .first()
    .waitFor({ timeout: 3000 })
    .catch(() => undefined);
}

const report = `[[reasoning:The request asks for a comparison. I count the lines first, then write the table.]] [[tool:bash {"command":"for f in alpha beta gamma; do echo \\"checking $f\\"; done; printf '\\\\033[32m3 passed\\\\033[0m\\\\n'"}]] [[step]] [[tool:write {"path":"files/outputs/report.md","content":"# Report\\n\\nThree services, one table.\\n"}]] [[step]] [[tool:edit {"path":"files/outputs/report.md","old_text":"one table","new_text":"one short table"}]] [[step]] [[tool:bash {"command":"cat missing.txt"}]] [[step]] [[text:## What I found

All three services answer. **beta** is the slowest, see the [latency notes](https://example.org/notes).

| service | p50 | p99 | state |
| --- | ---: | ---: | --- |
| alpha | 12 ms | 80 ms | fine |
| beta | 48 ms | 410 ms | slow |
| gamma | 9 ms | 41 ms | fine |

\`\`\`js
// Ask each one, the slowest last.
const order = services.sort((a, b) => a.p50 - b.p50);
console.log(order.map(({ name }) => name).join(", "));
\`\`\`

1. Cache the lookup in \`beta\`.
2. Measure again tomorrow.]]`;

/** Chats that all pictures share: their addresses by name. */
async function prepare(browser, hub) {
  const page = await browser.newPage(devices.desktop);
  const chats = {};
  const make = async (name, text) => {
    await page.goto(hub.url);
    await say(page, text);
    await untilOver(page);
    chats[name] = page.url();
  };
  const prompts = (await (await fetch(`${hub.url}/api/status`)).json()).demoPrompts;
  for (const { prompt } of prompts) await make("demo", prompt);
  const word = "Donaudampfschifffahrtsgesellschaftskapitän";
  await make("long", `${word.repeat(6)} [[text:${word.repeat(8)} and https://example.org/${"path/".repeat(40)}]]`);
  await make("error", "Summarise the inbox [[auth]]");
  await make("full", `Compare the three services ${report}`);
  await page.close();
  return chats;
}

const states = {
  "chat-empty": async (page, { hub }) => page.goto(hub.url),
  "chat-demo": async (page, { chats }) => page.goto(chats.demo),
  "chat-full": async (page, { chats }) => page.goto(chats.full),
  "tool-open": async (page, { chats }) => {
    await page.goto(chats.full);
    await thread(page).evaluate((box) => box.scrollTo({ top: 0 }));
    await thread(page).getByRole("button", { name: /^Edit/ }).click();
    await thread(page)
      .getByRole("button", { name: /^Run for/ })
      .click();
    await thread(page).evaluate((box) => box.scrollTo({ top: 0 }));
  },
  error: async (page, { chats }) => page.goto(chats.error),
  "long-words": async (page, { chats }) => page.goto(chats.long),
  "streaming-queued": async (page, { hub }) => {
    await page.goto(hub.url);
    await say(page, "Tell me everything [[delay:40]] [[tokens:3000]]");
    await thread(page).getByText("w20 ").waitFor();
    await say(page, "And then make it shorter, please");
    await thread(page).getByText("Queued behind 1").waitFor();
  },
  menu: async (page, { hub }) => {
    await page.goto(hub.url);
    if (page.viewportSize().width < 768) await page.getByRole("button", { name: "Show chats" }).click();
    await page.getByRole("button", { name: /^Settings and help/ }).click();
    await page.getByRole("menuitem", { name: "Keyboard shortcuts" }).waitFor();
  },
  welcome: async (page, { bare }) => page.goto(bare.url),
  "welcome-key": async (page, { bare }) => {
    await page.goto(bare.url);
    await page.getByRole("button", { name: /^Paste a key/ }).click();
    await page.getByText("Compatible", { exact: true }).click();
  },
  "welcome-safety": async (page, { bare }) => {
    await page.goto(bare.url);
    await page.getByRole("button", { name: "Skip" }).click();
  },
  "sign-in": async (page, { locked }) => page.goto(locked.url),
  "sign-in-refused": async (page, { locked }) => page.goto(`${locked.url}/#code=used`),
  "not-found": async (page, { hub }) => page.goto(`${hub.url}/nothing`),
};

async function shoot(browser, places, only) {
  for (const [device, size] of Object.entries(devices)) {
    for (const colorScheme of ["dark", "light"]) {
      const context = await browser.newContext({ ...size, colorScheme, reducedMotion: "reduce" });
      for (const [name, go] of Object.entries(states)) {
        if (only !== undefined && !name.includes(only)) continue;
        const page = await context.newPage();
        await go(page, places);
        await page.getByRole("heading", { level: 1 }).waitFor();
        await page.waitForLoadState("networkidle");
        await page.screenshot({ path: join(root, "shots", `${name}-${device}-${colorScheme}.png`) });
        const stop = page.getByRole("button", { name: /^Stop/ });
        if (await stop.isVisible()) await stop.click();
        await page.close();
      }
      await context.close();
    }
  }
}

async function shootForDocs(browser, hub) {
  const page = await browser.newPage({ ...devices.desktop, colorScheme: "dark", reducedMotion: "reduce" });
  await page.goto(hub.link); // signed in as a person is: no banner but the demo's
  await page.getByRole("button", { name: /^Try the offline demo/ }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  for (const title of ["Build a page", "Make a table"]) {
    await page
      .getByRole("main")
      .getByRole("button", { name: new RegExp(`^${title}`) })
      .click();
    await untilOver(page);
    if (title === "Build a page") await page.goto(hub.link);
  }
  await untilOver(page);
  await page.waitForLoadState("networkidle");
  mkdirSync(join(root, "docs/images"), { recursive: true });
  await page.screenshot({ path: join(root, "docs/images/chat.png") });
}

await build({ say: (line) => process.stderr.write(`${line}\n`) });
const executablePath = findChromium();
if (executablePath === undefined) throw new Error("no Chromium: set ANYWORK_CHROMIUM or install chromium");
const browser = await chromium.launch({ executablePath, args: chromiumArgs });
const hubs = [];
const start = async (options) => {
  const hub = await startTestHub(options);
  hubs.push(hub);
  return hub;
};
try {
  if (isDocs) await shootForDocs(browser, await start({ auth: "on" }));
  else {
    const hub = await start({ demo: true });
    mkdirSync(join(root, "shots"), { recursive: true });
    const places = {
      hub,
      bare: await start({}),
      locked: await start({ auth: "on" }),
      chats: await prepare(browser, hub),
    };
    await shoot(browser, places, process.argv[2]);
  }
} finally {
  await browser.close();
  for (const hub of hubs) await hub.stop();
}
