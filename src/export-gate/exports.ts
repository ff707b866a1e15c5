import { expectOne } from "../audit/index.ts";
import { parsePlainText } from "../catalog/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { isId, isRefusal, type Refusal, refuse } from "../kernel/index.ts";
import type { ExportState, Verdict } from "../store/index.ts";
import { type ExportRow, exportFor } from "./access.ts";
import { type CheckReport, runChecks } from "./checks/table.ts";
import type { Content } from "./content.ts";
import type { GateContext, Rerun } from "./context.ts";
import type { CellEvidence } from "./evidence.ts";
import { markPlan } from "./plan-mark.ts";
import { recordRefusal } from "./recorded-refusal.ts";
import type { ExportRefusalCode } from "./refusals.ts";
import { openContent, openEvidence } from "./results.ts";

export interface VoteView {
  readonly reviewer: string;
  readonly decision: "approve" | "reject";
  readonly reason: string;
  readonly at: string;
}

export interface ExportView {
  readonly id: string;
  readonly result: string;
  readonly job: string;
  readonly agreement: string;
  readonly purpose: string;
  readonly productName: string;
  readonly state: ExportState;
  readonly verdict: Verdict;
  /** For the operator: what each check says and what would mend it, never what it saw. */
  readonly checks: readonly {
    readonly id: string;
    readonly title: string;
    readonly article: string;
    readonly verdict: Verdict;
    readonly mitigation: string;
  }[];
  readonly reviewersNeeded: number;
  /**
   * Both are shown when the decision is made: until then a reviewer votes blind, and that there is a
   * vote already would tell that it was an approval.
   */
  readonly votesIn?: number | undefined;
  readonly votes: readonly VoteView[];
  readonly createdAt: string;
}

/** Everything a reviewer decides on. */
export interface ReviewView extends ExportView {
  readonly content: Content;
  readonly contentHash: string;
  readonly reports: readonly CheckReport[];
  readonly cells: readonly CellEvidence[];
}

export interface Exports {
  request(
    caller: AuthenticatedActor,
    request: { readonly result: string; readonly purpose: string; readonly productName: string },
  ): Promise<ExportView | Refusal<ExportRefusalCode>>;
  find(caller: AuthenticatedActor, id: string): Promise<ExportView | Refusal<ExportRefusalCode>>;
  /** Reading the evidence is recorded before it is shown. */
  evidence(caller: AuthenticatedActor, id: string): Promise<ReviewView | Refusal<ExportRefusalCode>>;
}

/** Longest purpose (使用目的), in characters. */
const longestText = 4000;

export async function viewExport({ store }: GateContext, row: ExportRow): Promise<ExportView> {
  const votes = await store.db.selectFrom("vote").selectAll().where("export_id", "=", row.id).orderBy("id").execute();
  const reports = row.checks as unknown as readonly CheckReport[];
  return {
    id: row.id,
    result: row.result_id,
    job: row.job_id,
    agreement: row.agreement_id,
    purpose: row.purpose,
    productName: row.product_name,
    state: row.state,
    verdict: row.verdict,
    checks: reports.map(({ id, title, article, verdict, mitigation }) => ({ id, title, article, verdict, mitigation })),
    reviewersNeeded: row.reviewers_needed,
    votesIn: row.state === "in-review" ? undefined : votes.length,
    votes:
      row.state === "in-review"
        ? []
        : votes.map((vote) => ({
            reviewer: vote.reviewer_id,
            decision: vote.decision,
            reason: vote.reason,
            at: vote.created_at.toISOString(),
          })),
    createdAt: row.created_at.toISOString(),
  };
}

export function createExports(context: GateContext): Exports {
  const { store, work, ids, clock, governance, decider, settings } = context;
  const { db } = store;

  return {
    request: async (caller, { result, ...texts }) => {
      const no = (code: ExportRefusalCode) => recordRefusal(context, caller, { type: "export.requested", object: result, code });
      if (!isId("result", result)) return no("RESULT_NOT_FOUND");
      const row = await db
        .selectFrom("result")
        .innerJoin("job", "job.id", "result.job_id")
        .selectAll("result")
        .select(["job.agreement_id", "job.operator_id", "job.author_id"])
        .where("result.id", "=", result)
        .executeTakeFirst();
      const parties = row === undefined ? undefined : await governance.parties(row.agreement_id);
      if (
        row === undefined ||
        parties === undefined ||
        !decider.decide(caller.roles, "request", "export", governance.relationsTo(caller, parties, row.author_id))
      )
        return no("RESULT_NOT_FOUND");
      if (!(await governance.inForce(row.agreement_id))) return no("EXPORT_AGREEMENT_NOT_IN_FORCE");
      if (row.expired_at !== null) return no("RESULT_EXPIRED");
      const [purpose, productName] = [parsePlainText(texts.purpose, longestText), parsePlainText(texts.productName)];
      if (purpose === undefined || productName === undefined) return no("EXPORT_TEXT_INVALID");
      const rerun = await context.ports.rerun(row.job_id);
      if (isRefusal(rerun)) return no("EXPORT_RERUN_FAILED");
      const { plan, checked, rules } = rerun as Rerun;
      const planMark = await markPlan(context.keys, row.agreement_id, checked.planDigest);
      // The store holds a plan's mark only: of the same plan it says the same.
      const planDigest = row.plan_digest === planMark ? checked.planDigest : row.plan_digest;
      const stored = { contentHash: row.content_hash, evidenceHash: row.evidence_hash, planDigest };
      const { verdict, reports } = runChecks({ stored, rerun: checked, plan, rules, purpose, productName });
      const id = ids.make("export");
      const insert = db
        .insertInto("export")
        .values({
          id,
          result_id: row.id,
          job_id: row.job_id,
          agreement_id: row.agreement_id,
          operator_id: row.operator_id,
          author_id: caller.id,
          purpose,
          product_name: productName,
          state: verdict === "block" ? "blocked" : "in-review",
          content_hash: row.content_hash,
          evidence_hash: row.evidence_hash,
          verdict,
          checks: JSON.stringify(reports),
          reviewers_needed: settings.reviewers,
          created_at: clock.now(),
        })
        .returningAll();
      const hold = db
        .updateTable("result")
        .set({ held_at: clock.now() })
        .where("id", "=", row.id)
        .where("expired_at", "is", null)
        .returning("id");
      const outcome = await work.change(
        {
          type: "export.requested",
          actor: toActor(caller),
          object: id,
          from: [row.id],
          links: { job: row.job_id, agreement: row.agreement_id },
          outcome: "done",
          data: { verdict, contentHash: row.content_hash, checks: reports.map((report) => `${report.id}:${report.verdict}`) },
        },
        [expectOne(insert), expectOne(hold)],
      );
      // Its time ended while the statement ran again.
      if (outcome.kind === "conflict") return no("RESULT_EXPIRED");
      return viewExport(context, await db.selectFrom("export").selectAll().where("id", "=", id).executeTakeFirstOrThrow());
    },
    find: async (caller, id) => {
      const found = await exportFor(context, caller, id, "read");
      return found === undefined ? refuse("EXPORT_NOT_FOUND") : viewExport(context, found.row);
    },
    evidence: async (caller, id) => {
      const no = (code: ExportRefusalCode) => recordRefusal(context, caller, { type: "evidence.read", object: id, code });
      const found = await exportFor(context, caller, id, "evidence");
      if (found === undefined) return no("EXPORT_NOT_FOUND");
      if (!found.allowed) return no("EXPORT_REVIEWER_EXCLUDED");
      const { row } = found;
      const result = await db.selectFrom("result").selectAll().where("id", "=", row.result_id).executeTakeFirstOrThrow();
      if (result.expired_at !== null) return no("RESULT_EXPIRED");
      await work.record({
        type: "evidence.read",
        actor: toActor(caller),
        object: id,
        links: { result: row.result_id, agreement: row.agreement_id },
        outcome: "done",
      });
      return {
        ...(await viewExport(context, row)),
        content: await openContent(context, row.agreement_id, result, row.content_hash),
        contentHash: row.content_hash,
        reports: row.checks as unknown as readonly CheckReport[],
        cells: await openEvidence(context, row.agreement_id, result),
      };
    },
  };
}
