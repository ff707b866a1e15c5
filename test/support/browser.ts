import chromium from "@sparticuz/chromium";
import { type Browser, chromium as playwright } from "playwright-core";
import type { Test } from "tap";

/** The package switches the same-origin policy off; without it no test of origins, cookies or policies would prove a thing. */
const insecure: ReadonlySet<string> = new Set(["--disable-web-security", "--allow-running-insecure-content"]);

/** A real Chromium without a window; closed when the test ends. */
export async function openBrowser(t: Test): Promise<Browser> {
  chromium.setGraphicsMode = false;
  const browser = await playwright.launch({
    args: chromium.args.filter((arg) => !insecure.has(arg)),
    executablePath: await chromium.executablePath(),
    headless: true,
  });
  t.teardown(() => browser.close());
  return browser;
}
