import type { AuthenticatedActor } from "../identity/index.ts";
import { isId } from "../kernel/index.ts";
import type { ExportState, Verdict } from "../store/index.ts";
import type { GateContext } from "./context.ts";

export interface ExportFilter {
  readonly state?: ExportState | undefined;
  readonly agreement?: string | undefined;
  /** Exports older than this one. */
  readonly cursor?: string | undefined;
  /** 1 to 200; 50 where nothing is asked for. */
  readonly limit?: number | undefined;
}

/** One line of the list: enough to choose from, nothing of what the checks saw or how others voted. */
export interface ExportSummary {
  readonly id: string;
  readonly agreement: string;
  readonly job: string;
  readonly productName: string;
  readonly purpose: string;
  readonly state: ExportState;
  readonly verdict: Verdict;
  readonly createdAt: string;
  /** The caller's own vote, so that a reviewer sees what still waits for him. */
  readonly yourVote: "approve" | "reject" | null;
}

export interface ExportPage {
  readonly items: readonly ExportSummary[];
  readonly next?: string | undefined;
}

export interface ExportLists {
  /** Exports the caller may read, newest first; pages stay as they are while new ones come. */
  list(caller: AuthenticatedActor, filter: ExportFilter): Promise<ExportPage>;
}

const mostItems = 200;
const usualItems = 50;

export function createExportLists({ store, governance, decider }: GateContext): ExportLists {
  return {
    list: async (caller, filter) => {
      const count = Math.max(1, Math.min(mostItems, filter.limit ?? usualItems));
      const seesAll = decider.decide(caller.roles, "read", "export", []);
      let query = store.db
        .selectFrom("export")
        .innerJoin("agreement", "agreement.id", "export.agreement_id")
        .leftJoin("vote", (join) => join.onRef("vote.export_id", "=", "export.id").on("vote.reviewer_id", "=", caller.id))
        .selectAll("export")
        .select(["agreement.agency_id", "vote.decision"])
        .orderBy("export.id", "desc")
        .limit(count + 1);
      // A first cut only: whoever may read is decided below, row by row.
      if (!seesAll)
        query = query.where((eb) =>
          eb.or([eb("export.operator_id", "=", caller.organisation), eb("agreement.agency_id", "=", caller.organisation)]),
        );
      if (filter.state !== undefined) query = query.where("export.state", "=", filter.state);
      if (filter.agreement !== undefined) query = query.where("export.agreement_id", "=", filter.agreement);
      const { cursor } = filter;
      if (cursor !== undefined && isId("export", cursor)) query = query.where("export.id", "<", cursor);
      const rows = await query.execute();
      const page = rows.slice(0, count);
      const items = page.filter((row) =>
        decider.decide(
          caller.roles,
          "read",
          "export",
          governance.relationsTo(caller, { operator: row.operator_id, agency: row.agency_id }, row.author_id),
        ),
      );
      return {
        items: items.map((row) => ({
          id: row.id,
          agreement: row.agreement_id,
          job: row.job_id,
          productName: row.product_name,
          purpose: row.purpose,
          state: row.state,
          verdict: row.verdict,
          createdAt: row.created_at.toISOString(),
          yourVote: row.decision,
        })),
        next: rows.length > count ? page.at(-1)?.id : undefined,
      };
    },
  };
}
