import { join } from "node:path";
import type { Test } from "tap";
import { type AuditLog, createAuditLog, expectOne } from "../../src/audit/index.ts";
import { createExportGate, type ExportGate, type ExportView, type GatePorts } from "../../src/export-gate/index.ts";
import { createGovernance, type Governance } from "../../src/governance/index.ts";
import type { AuthenticatedActor } from "../../src/identity/index.ts";
import { refuse } from "../../src/kernel/index.ts";
import type { Keystore } from "../../src/keys/index.ts";
import { platformFloor } from "../../src/policy/index.ts";
import { openTestIdentity, type TestIdentity } from "../support/identity.ts";
import { expectValue } from "../support/value.ts";
import { type Group, runGoverned, threeCounties } from "./governed-run.ts";

export const figuresSql = "SELECT county, count(*) AS n, sum(income) AS s FROM person GROUP BY county";

export interface Finished {
  readonly job: string;
  readonly result: string;
  /** Its statement run again, as the sandbox does. */
  readonly once: () => ReturnType<GatePorts["rerun"]>;
}

export interface GateFixture extends TestIdentity {
  readonly gate: ExportGate;
  readonly log: AuditLog;
  readonly governance: Governance;
  readonly agreement: string;
  readonly people: Readonly<Record<"analyst" | "colleague" | "operatorAdmin" | "stranger", AuthenticatedActor>> &
    Readonly<Record<"officer" | "reviewer1" | "reviewer2" | "reviewer3" | "authority", AuthenticatedActor>>;
  /** A job of the analyst that has no result. */
  addJob(): Promise<string>;
  /** A job of the analyst that ended with the result of a real run. */
  finish(sql?: string, groups?: readonly Group[]): Promise<Finished>;
  /** What a job's statement gives when it is run again. */
  readonly again: Map<string, () => ReturnType<GatePorts["rerun"]>>;
  /** An export of a new result, asked for by the analyst. */
  request(over?: { readonly result?: string; readonly productName?: string; readonly purpose?: string }): Promise<ExportView>;
  /** An export that two reviewers have approved. */
  approved(): Promise<ExportView>;
  /** An export that has been released. */
  released(): Promise<ExportView>;
  /** A gate over the same store with other keys in between, as another gateway would be. */
  gateWith(keys: Keystore): ExportGate;
}

/** The gate over a real store, with an agreement in force and everybody who has to do with it. */
export async function openGate(t: Test): Promise<GateFixture> {
  const base = await openTestIdentity(t);
  const { store, work, ids, clock, keys, decider, dataDir } = base;
  const operator = await base.populate("operator", "运营公司", {
    analyst: ["analyst"],
    colleague: ["analyst"],
    "operator-admin": ["operator-admin"],
  });
  const agency = await base.populate("agency", "数据局", {
    officer: ["agency-officer"],
    reviewer1: ["reviewer"],
    reviewer2: ["reviewer"],
    reviewer3: ["reviewer"],
  });
  await base.populate("operator", "别家公司", { stranger: ["analyst", "operator-admin"] });
  await base.populate("authority", "主管部门", { authority: ["authority-officer"] });
  const people = {
    analyst: await base.signIn("analyst"),
    colleague: await base.signIn("colleague"),
    operatorAdmin: await base.signIn("operator-admin"),
    stranger: await base.signIn("stranger"),
    officer: await base.signIn("officer"),
    reviewer1: await base.signIn("reviewer1"),
    reviewer2: await base.signIn("reviewer2"),
    reviewer3: await base.signIn("reviewer3"),
    authority: await base.signIn("authority"),
  };
  const log = await createAuditLog({
    store,
    work,
    keys,
    ids,
    clock,
    origin: "hanguang.test/log",
    checkpointPath: join(dataDir, "checkpoint"),
    intervalMs: 50,
    log: () => undefined,
  });
  t.teardown(() => log.close());
  const governance = createGovernance({
    ...base,
    catalog: { resource: async () => undefined },
    floor: platformFloor,
  });
  const actor = { kind: "system", component: "test" } as const;
  const [agreement, version] = [ids.make("agreement"), ids.make("agreementVersion")];
  await work.change({ type: "agreement.drafted", actor, object: agreement, outcome: "done" }, [
    expectOne(
      store.db
        .insertInto("agreement")
        .values({
          id: agreement,
          scenario: "人口收入统计",
          purpose: "统计",
          operator_id: operator,
          agency_id: agency,
          state: "in-force",
          starts_at: new Date("2026-01-01T00:00:00+08:00"),
          ends_at: new Date("2027-01-01T00:00:00+08:00"),
          version_id: version,
          author_id: people.operatorAdmin.id,
          created_at: clock.now(),
          end_reason: null,
        })
        .returning("id"),
    ),
    expectOne(
      store.db
        .insertInto("agreement_version")
        .values({
          id: version,
          agreement_id: agreement,
          number: 1,
          scope: "[]",
          release_rules: JSON.stringify(platformFloor),
          digest: "d".repeat(64),
          created_at: clock.now(),
        })
        .returning("id"),
    ),
  ]);

  const again: GateFixture["again"] = new Map();
  const ports: GatePorts = {
    rerun: async (job) => (await again.get(job)?.()) ?? refuse("JOB_RESULT_NOT_READY"),
    lineage: async () => ({
      agreementVersion: { id: version, digest: "d".repeat(64) },
      provision: ids.make("provision"),
      resourceVersions: [],
      sqlHash: "5".repeat(64),
    }),
  };
  const settings = { grantTtlMs: 300_000, reviewers: 2, resultRetentionDays: 90 };
  const gateWith = (keystore: Keystore) =>
    createExportGate({
      ...base,
      keys: keystore,
      decider,
      log,
      governance,
      ports,
      settings,
      packageKeyName: "hanguang.test/packages",
    });
  const gate = gateWith(keys);

  const addJob: GateFixture["addJob"] = async () => {
    const job = ids.make("job");
    const insert = store.db
      .insertInto("job")
      .values({
        id: job,
        agreement_id: agreement,
        agreement_version_id: version,
        author_id: people.analyst.id,
        operator_id: operator,
        purpose: "统计",
        state: "done",
        sql_sealed: Buffer.from("sealed"),
        sql_hash: "5".repeat(64),
        provision_id: null,
        plan_digest: null,
        answer: null,
        claimed_by: null,
        submitted_at: clock.now(),
      })
      .returning("id");
    await work.change({ type: "job.submitted", actor, object: job, outcome: "done" }, [expectOne(insert)]);
    return job;
  };

  const finish: GateFixture["finish"] = async (sql = figuresSql, groups = threeCounties) => {
    const once = async () => {
      const run = await runGoverned(sql, groups);
      return { plan: run.plan, rules: run.rules, checked: expectValue(gate.check(run)) };
    };
    const job = await addJob();
    again.set(job, once);
    const { id, change } = await gate.resultChange({ job, agreement, checked: (await once()).checked });
    await work.change({ type: "job.finished", actor, object: job, outcome: "done" }, [change]);
    return { job, result: id, once };
  };

  const request: GateFixture["request"] = async (over = {}) =>
    expectValue(
      await gate.request(people.analyst, {
        result: over.result ?? (await finish()).result,
        purpose: over.purpose ?? "公布",
        productName: over.productName ?? "各县收入",
      }),
    );
  const approved = async (): Promise<ExportView> => {
    const { id } = await request();
    for (const reviewer of [people.reviewer1, people.reviewer2])
      expectValue(await gate.vote(reviewer, { export: id, decision: "approve", reason: "" }));
    return expectValue(await gate.find(people.officer, id));
  };
  return {
    ...base,
    gate,
    log,
    governance,
    agreement,
    people,
    addJob,
    finish,
    again,
    request,
    approved,
    released: async () => expectValue(await gate.release(people.officer, (await approved()).id)),
    gateWith,
  };
}
