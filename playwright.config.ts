import { defineConfig } from "@playwright/test";
import { chromiumArgs, findChromium } from "./tests/browser/chromium.ts";

const executablePath = findChromium();

export default defineConfig({
  testDir: "tests/browser",
  testMatch: "*.spec.ts",
  workers: 2,
  fullyParallel: true,
  timeout: 45_000,
  expect: { timeout: 15_000 },
  forbidOnly: process.env.CI !== undefined,
  reporter: "list",
  outputDir: "test-results",
  use: {
    viewport: { width: 1280, height: 800 },
    colorScheme: "dark",
    trace: "retain-on-failure",
    launchOptions: { args: chromiumArgs, ...(executablePath !== undefined && { executablePath }) },
  },
});
