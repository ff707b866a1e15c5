import { readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { runHowTo } from "../support/how-to.ts";
import { problemOf, startTestPlatform } from "../support/platform.ts";

const rig = await startTestPlatform(t);
const { url, platform, reviewers, auditor } = rig;
const [reviewer] = reviewers;
const json = async (folder: string, name: string) => JSON.parse(await readFile(join(folder, name), "utf8"));
const ready = async () => {
  const answer = await fetch(new URL("/readyz", url));
  return { status: answer.status, ...((await answer.json()) as { readonly policy: Readonly<Record<string, unknown>> }) };
};

t.test("the how-to, run as written, changes the policy of the running platform", async (t) => {
  t.match(await problemOf(reviewer.get("/v1/families")), { httpStatus: 403 });
  const security = await rig.signIn("security-admin");
  const folder = await runHowTo(t, "change-the-policy.md", { base: url, security: security.token, audit: auditor.token });
  const confirmed = await json(folder, "confirmed.json");
  t.match(confirmed, { state: "confirmed", adds: ["reviewer, family, read, any"], removes: [] });
  t.ok(await reviewer.get("/v1/families"));
  const { policy } = await json(folder, "ready.json");
  t.match(policy, { current: true, active: confirmed.hash, loaded: confirmed.hash });
  t.not(policy.shipped, confirmed.hash);
  // "After an upgrade": here the shipped lines are those from before, so they take the line away again.
  t.match(await json(folder, "shipped.json"), { state: "proposed", removes: ["reviewer, family, read, any"] });
  const trace = await auditor.get(`/v1/audit/trace/${confirmed.id}`);
  for (const type of ["access-policy.proposed", "access-policy.activated"]) t.ok(JSON.stringify(trace).includes(type), type);
});

t.test("a gateway that has not the active policy answers how it is, and nothing else", async (t) => {
  const { store } = platform;
  const { policy_id } = await store.db.selectFrom("active_policy").select("policy_id").executeTakeFirstOrThrow();
  const row = await store.db.selectFrom("access_policy").selectAll().where("id", "=", policy_id).executeTakeFirstOrThrow();
  const id = policy_id.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  const unknown = { id, hash: "0".repeat(64), policy: `${row.policy}\np, analyst, teleport, read, own`, replaces: policy_id };
  await store.db
    .insertInto("access_policy")
    .values({ ...row, ...unknown })
    .execute();
  await store.db.updateTable("active_policy").set({ policy_id: id }).execute();
  while ((await ready()).status === 200) await new Promise((resume) => setTimeout(resume, 50));
  t.match(await ready(), { status: 503, ready: false, policy: { current: false, active: "0".repeat(64) } });
  t.equal((await fetch(new URL("/livez", url))).status, 200);
  const unfit = { httpStatus: 503, code: "POLICY_NOT_LOADED" };
  t.match(await problemOf(reviewer.get("/v1/me")), unfit);
  t.match(await problemOf(rig.analyst.get("/v1/organisations")), unfit);
  for (const path of ["/openapi.json", "/log/checkpoint", "/docs"]) t.equal((await fetch(new URL(path, url))).status, 503, path);
  const login = await fetch(new URL("/v1/auth/login", url), { method: "POST" });
  t.equal(login.status, 503, "nobody logs in");
  t.equal(login.headers.get("retry-after"), "1");
  await store.db.updateTable("active_policy").set({ policy_id }).execute();
  while ((await ready()).status !== 200) await new Promise((resume) => setTimeout(resume, 50));
  t.ok(await reviewer.get("/v1/me"));
});
