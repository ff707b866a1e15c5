import { sql } from "kysely";
import { expectOne } from "../audit/index.ts";
import { parsePlainText } from "../catalog/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import type { Refusal } from "../kernel/index.ts";
import type { ExportState } from "../store/index.ts";
import { exportFor } from "./access.ts";
import type { GateContext } from "./context.ts";
import { type ExportView, viewExport } from "./exports.ts";
import { recordRefusal } from "./recorded-refusal.ts";
import type { ExportRefusalCode } from "./refusals.ts";

export interface Votes {
  /**
   * One reviewer's vote, bound to content and evidence. The last approval needed approves, one
   * rejection rejects. Neither the author nor anybody of the operator votes, nobody twice.
   */
  vote(
    caller: AuthenticatedActor,
    vote: { readonly export: string; readonly decision: "approve" | "reject"; readonly reason: string },
  ): Promise<ExportView | Refusal<ExportRefusalCode>>;
}

/** Shortest reason for voting against the machine or against the export. */
const reasonLength = 10;
const longestReason = 4000;

export function createVotes(context: GateContext): Votes {
  const { store, work, ids, clock, governance } = context;
  const { db } = store;
  return {
    vote: async (caller, { export: id, decision, reason }) => {
      const type = "export.voted";
      const no = (code: ExportRefusalCode) => recordRefusal(context, caller, { type, object: id, code });
      const found = await exportFor(context, caller, id, "review");
      if (found === undefined) return no("EXPORT_NOT_FOUND");
      if (!found.allowed) return no("EXPORT_REVIEWER_EXCLUDED");
      const { row } = found;
      if (!(await governance.inForce(row.agreement_id))) return no("EXPORT_AGREEMENT_NOT_IN_FORCE");
      const given = reason.trim() === "" ? "" : parsePlainText(reason, longestReason);
      if (given === undefined) return no("EXPORT_TEXT_INVALID");
      const needsReason = decision === "reject" || row.verdict !== "pass";
      if (needsReason && given.length < reasonLength) return no("EXPORT_REASON_MISSING");
      const next = sql<ExportState>`CASE WHEN ${decision} = 'reject' THEN 'rejected' WHEN approvals + 1 >= reviewers_needed THEN 'approved' ELSE state END`;
      const count = db
        .updateTable("export")
        .set((eb) => ({
          approvals: eb("approvals", "+", decision === "approve" ? 1 : 0),
          state: next,
          decided_at: sql<Date>`CASE WHEN ${decision} = 'reject' OR approvals + 1 >= reviewers_needed THEN ${clock.now()}::timestamptz END`,
        }))
        .where("id", "=", id)
        .where("state", "=", "in-review")
        .where("content_hash", "=", row.content_hash)
        .returning("id");
      const insert = db
        .insertInto("vote")
        .values({
          id: ids.make("vote"),
          export_id: id,
          reviewer_id: caller.id,
          decision,
          reason: given,
          content_hash: row.content_hash,
          evidence_hash: row.evidence_hash,
          created_at: clock.now(),
        })
        .returning("id");
      const outcome = await work.change(
        {
          type,
          actor: toActor(caller),
          object: id,
          links: { agreement: row.agreement_id },
          outcome: "done",
          data: { decision, contentHash: row.content_hash, evidenceHash: row.evidence_hash },
        },
        [expectOne(count), expectOne(insert)],
      );
      if (outcome.kind === "done")
        return viewExport(context, await db.selectFrom("export").selectAll().where("id", "=", id).executeTakeFirstOrThrow());
      return no(outcome.constraint === undefined ? "EXPORT_NOT_IN_THAT_STATE" : "EXPORT_ALREADY_VOTED");
    },
  };
}
