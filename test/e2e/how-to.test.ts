import t from "tap";
import type { ApiClient } from "../../scripts/demo/api-client.ts";
import { runHowTo } from "../support/how-to.ts";
import { prepareAgreement, runToEnd, startTestPlatform } from "../support/platform.ts";

/** Each page is run as written, in the order in which the story needs them; the pages show what is answered. */
const rig = await startTestPlatform(t);
const { analyst, officer, reviewers, clock } = rig;
const base = rig.url;
const { agreement } = await prepareAgreement(rig);
await rig.employ(rig.agency, "writer", ["agency-officer"]);

/** A new session of somebody, with what a page needs of it. */
const personOf = async (login: string) => {
  const { token } = await rig.signIn(login);
  return { base, token, secret: rig.logins.get(login)?.authenticator?.secret ?? "" };
};
const requestExport = async (job: string, productName: string): Promise<string> => {
  const { result } = await analyst.get(`/v1/jobs/${job}/result`);
  return String((await analyst.post("/v1/exports", { result, purpose: "统计", productName }))["id"]);
};
const approve = (reviewer: ApiClient, id: string) => reviewer.post(`/v1/exports/${id}/reviews`, { decision: "approve" });

t.test("a source unit hands in data", async (t) => {
  await runHowTo(t, "hand-in-data.md", await personOf("steward"));
});

t.test("an analyst runs jobs", async (t) => {
  await runHowTo(t, "run-jobs.md", await personOf("analyst"));
});

t.test("a result leaves: asked for, reviewed, released, fetched", async (t) => {
  const job = String((await runToEnd(rig, agreement, "SELECT county, count(*) AS n FROM person GROUP BY county"))["id"]);
  // The reviewer's page speaks of a second one, which is rejected.
  await requestExport(job, "各街道人口");
  clock.advance(1000);
  await runHowTo(t, "export-a-result.md", { ...(await personOf("analyst")), job });
  const { items } = (await analyst.get("/v1/exports")) as { readonly items: readonly { readonly id: string }[] };
  const [asked = { id: "" }] = items;
  const reviewer = await personOf("reviewer-1");
  // Longer than a factor counts as just shown.
  clock.advance(6 * 60_000);
  await runHowTo(t, "review-exports.md", reviewer, { clock });
  await approve(reviewers[1], asked.id);
  const withdrawn = await requestExport(job, "各县人口（旧）");
  for (const reviewer of reviewers) await approve(reviewer, withdrawn);
  await officer.post(`/v1/exports/${withdrawn}/release`);
  await runHowTo(t, "release-exports.md", { ...(await personOf("officer")), withdrawn }, { clock });
  await runHowTo(t, "fetch-a-package.md", { ...(await personOf("analyst")), export: asked.id }, { clock });
});

t.test("an auditor asks who did what", async (t) => {
  await runHowTo(t, "audit.md", await personOf("audit-admin"));
});

t.test("two officers write, sign and end an agreement", async (t) => {
  const { token: writer } = await personOf("writer");
  const { token, secret } = await personOf("officer");
  await runHowTo(t, "sign-agreements.md", { base, writer, officer: token, secret }, { clock });
});

t.test("an operator's administrator looks after people, jobs and exports", async (t) => {
  await runHowTo(t, "run-an-operator.md", await personOf("operator-admin"));
});

t.test("the data authority supervises, withdraws and ends", async (t) => {
  const authority = await personOf("authority");
  clock.advance(6 * 60_000);
  await runHowTo(t, "supervise.md", authority, { clock });
});

t.test("two administrators look after accounts", async (t) => {
  const { token: platform } = await personOf("platform-admin");
  const { token: security, secret } = await personOf("security-admin");
  await runHowTo(t, "manage-accounts.md", { base, platform, security, secret }, { clock });
});

t.test("a machine gets a service key", async (t) => {
  await runHowTo(t, "service-keys.md", await personOf("operator-admin"));
});

t.test("somebody new signs in, enrols a factor, loses it", async (t) => {
  const [platform, security] = [await rig.signIn("platform-admin"), await rig.signIn("security-admin")];
  const { organisation } = await platform.get("/v1/me");
  const password = "a first phrase for the platform";
  const { id } = await platform.post("/v1/users", { login: "pia", name: "平台管理员", organisation, password });
  await security.put(`/v1/users/${String(id)}/roles`, { roles: ["platform-admin"] });
  await runHowTo(t, "sign-in.md", {}, { clock, examples: { "base=http://127.0.0.1:7310": `base=${base}` } });
});
