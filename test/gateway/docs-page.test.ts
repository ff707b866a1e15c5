import t from "tap";
import { ApiClient } from "../../scripts/demo/api-client.ts";
import { openBrowser } from "../support/browser.ts";
import { startTestPlatform } from "../support/platform.ts";

const { url, logins } = await startTestPlatform(t);
const browser = await openBrowser(t);
const { accessToken: token } = (await new ApiClient(url).post("/v1/auth/login", {
  login: "analyst",
  password: logins.get("analyst")?.password,
})) as { readonly accessToken: string };

t.test("the document can be read and tried in a browser, off line and under a strict policy", async (t) => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const complaints: string[] = [];
  const elsewhere: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("data:")) elsewhere.push(request.url());
  });
  await page.goto(new URL("/docs", url).href);
  await page.getByText("Public data usable but never visible").waitFor();
  await page.locator("#operations-tag-job").click();
  await page.getByText("Submits one SQL statement under an agreement").waitFor();
  await page.getByRole("button", { name: "Authorize" }).click();
  await page.locator(".auth-container input").fill(token);
  await page.locator(".auth-btn-wrapper .authorize").click();
  await page.locator(".btn-done").click();
  await page.locator("#operations-tag-session").click();
  await page.locator("#operations-session-getMe .opblock-summary-control").click();
  await page.getByRole("button", { name: "Try it out" }).click();
  await page.getByRole("button", { name: "Execute" }).click();
  await page.locator(".live-responses-table").getByText('"login": "analyst"').waitFor();
  const { HANGUANG_SCREENSHOT: picture } = process.env;
  if (picture !== undefined) await page.screenshot({ path: picture, fullPage: true });
  t.strictSame(complaints, []);
  t.strictSame(elsewhere, []);
});
