import t from "tap";
import { startTestPlatform } from "../../support/platform.ts";

const { platform, url, steward, operatorAdmin, analyst, officer, reviewers, auditor, signIn } = await startTestPlatform(t);
const callers = [steward, operatorAdmin, analyst, officer, reviewers[0], auditor, await signIn("security-admin")];
/** Texts that PostgreSQL, a file system or a regular expression might trip over. */
const hostile = ["%00", "job_%00", "..%2F..%2Fetc%2Fpasswd", "%F0%9F%97%A1", "%27%3B--", "x".repeat(64)];

t.test("no text in the place of an id is an error of ours, whoever sends it where", async (t) => {
  const routes = platform.gateway.routes.filter(({ url: path, method }) => path.includes("/:") && method !== "HEAD");
  t.ok(routes.length > 20, `${routes.length} routes take an id`);
  const broken: string[] = [];
  for (const { method, url: path } of routes)
    for (const id of hostile) {
      const target = new URL(path.replaceAll(/:[a-zA-Z]+/g, id), url);
      const answers = callers.map(({ token }) =>
        fetch(target, { method, headers: { authorization: `Bearer ${token}` } }).then(async (answer) => {
          await answer.body?.cancel();
          if (answer.status >= 500 && answer.status !== 503) broken.push(`${method} ${path} ${id}: ${answer.status}`);
        }),
      );
      await Promise.all(answers);
    }
  t.strictSame(broken, []);
});
