import chromium from "@sparticuz/chromium";
import { type Browser, chromium as playwright } from "playwright-core";
import type { Test } from "tap";

/** A real Chromium without a window; closed when the test ends. */
export async function openBrowser(t: Test): Promise<Browser> {
  chromium.setGraphicsMode = false;
  const browser = await playwright.launch({
    args: chromium.args,
    executablePath: await chromium.executablePath(),
    headless: true,
  });
  t.teardown(() => browser.close());
  return browser;
}
