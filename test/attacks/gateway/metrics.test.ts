import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { prepareAgreement, runToEnd, startTestPlatform } from "../../support/platform.ts";

const fixture = await startTestPlatform(t);
const { platform, url, dataDir, analyst, auditor, signIn } = fixture;
const token = (await readFile(join(dataDir, "metrics-token"), "utf8")).trim();
const ask = (authorization?: string) =>
  fetch(new URL("/metrics", url), authorization === undefined ? {} : { headers: { authorization } });
const read = async (): Promise<string> => (await ask(`Bearer ${token}`)).text();

t.test("only the metrics token opens them, and it opens nothing else", async (t) => {
  t.equal((await stat(join(dataDir, "metrics-token"))).mode & 0o777, 0o600);
  t.match(token, /^hgm_[\w-]{43}$/);
  const administrators = await Promise.all(["platform-admin", "security-admin"].map((login) => signIn(login)));
  const others = [
    undefined,
    "",
    "Bearer",
    "Bearer ",
    `Basic ${token}`,
    token,
    `Bearer ${token}x`,
    `Bearer ${token.slice(0, -1)}`,
    `Bearer ${token.toLowerCase()}`,
  ];
  for (const authorization of [...others, ...[analyst, auditor, ...administrators].map((who) => `Bearer ${who.token}`)])
    t.equal((await ask(authorization)).status, 401);
  const answer = await ask(`Bearer ${token}`);
  t.equal(answer.status, 200);
  t.equal(answer.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  for (const { method, url: path } of platform.gateway.routes.filter(
    ({ permission }) => !["public", "watcher"].includes(permission),
  )) {
    const target = new URL(path.replaceAll(/:\w+/g, "abc_00000000000000000000000000"), url);
    t.equal((await fetch(target, { method, headers: { authorization: `Bearer ${token}` } })).status, 401, `${method} ${path}`);
  }
});

t.test("they tell of requests, jobs, workers and the log, and their labels are of fixed sets", async (t) => {
  const { agreement } = await prepareAgreement(fixture);
  await runToEnd(fixture, agreement, "SELECT county, count(*) FROM person GROUP BY county");
  const marker = `m${Math.random().toString(36).slice(2)}`;
  for (const path of [`/${marker}`, `/v1/jobs/${marker}?${marker}=${marker}`, `/v1/%0a${marker}`])
    await fetch(new URL(path, url), { headers: { authorization: `Bearer ${analyst.token}`, "user-agent": marker } });
  await fetch(new URL(`/v1/${marker}`, url), { method: "PROPFIND" });
  const text = await read();
  t.notMatch(text, marker);
  t.notMatch(text, /(usr|org|agr|job|res|rev|prv|exp|evt)_[0-9a-z]{26}/);
  for (const line of [
    /^hanguang_http_request_duration_seconds_bucket\{method="POST",route="\/v1\/agreements\/:id\/jobs",status="202",le="\+Inf"\} 1$/m,
    /^hanguang_http_request_duration_seconds_count\{method="GET",route="none",status="404"\} \d+$/m,
    /^hanguang_store_up 1$/m,
    /^hanguang_jobs\{state="queued"\} 0$/m,
    /^hanguang_jobs\{state="running"\} 0$/m,
    /^hanguang_workers\{role="run",state="(idle|starting)"\} \d+$/m,
    /^hanguang_audit_events_waiting \d+$/m,
    /^process_resident_memory_bytes \d{7,}$/m,
  ])
    t.match(text, line);
  const names = new Set(
    Array.from(text.matchAll(/^([a-z_]+)[{ ]/gm), ([, name = ""]) => name.replace(/_(bucket|sum|count)$/, "")),
  );
  const declared = Array.from(text.matchAll(/^# TYPE (\S+) (counter|gauge|histogram)$/gm), ([, name = ""]) => name);
  t.strictSame(
    [...names].filter((name) => !declared.includes(name)),
    [],
  );
  const labels = new Set(Array.from(text.matchAll(/([a-z]+)="/g), ([, name = ""]) => name));
  t.strictSame(
    [...labels].filter((name) => !["method", "route", "status", "le", "state", "role", "class"].includes(name)),
    [],
  );
  const routes = new Set(Array.from(text.matchAll(/route="([^"]+)"/g), ([, route = ""]) => route));
  const known = new Set(platform.gateway.routes.map((route) => route.url));
  t.strictSame(
    [...routes].filter((route) => route !== "none" && !known.has(route)),
    [],
  );
});

t.test("buckets grow, and the last holds all", async (t) => {
  await fetch(new URL("/livez", url));
  const text = await read();
  const counts = Array.from(
    text.matchAll(/duration_seconds_bucket\{method="GET",route="\/livez",status="200",le="[^"]+"\} (\d+)/g),
    ([, n]) => Number(n),
  );
  t.equal(counts.length, 13);
  t.strictSame(
    counts,
    counts.toSorted((a, b) => a - b),
  );
  const [, count] = /duration_seconds_count\{method="GET",route="\/livez",status="200"\} (\d+)/.exec(text) ?? [];
  t.equal(counts.at(-1), Number(count));
});
