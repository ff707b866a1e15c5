import type { Selectable } from "kysely";
import { type Change, expectOne } from "../audit/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { canonicalJson, isId, type JsonValue, type Refusal, refuse } from "../kernel/index.ts";
import type { Tables } from "../store/index.ts";
import { type CheckedResult, isCheckedResult } from "./checked-result.ts";
import { type Content, hashContent } from "./content.ts";
import type { GateContext } from "./context.ts";
import { ExportError } from "./errors.ts";
import type { CellEvidence } from "./evidence.ts";
import { type WholeFormat, wholeFormats } from "./formats/result-formats.ts";
import { markPlan } from "./plan-mark.ts";
import type { ExportRefusalCode } from "./refusals.ts";

/** A page of a result as its operator sees it: columns and rows; the evidence stays inside. */
export interface ResultPage extends Content {
  readonly result: string;
  readonly rowCount: number;
  /** Where the next page begins; absent on the last. */
  readonly next?: string | undefined;
}

/** A whole result as a file. */
export interface ResultFile {
  readonly format: WholeFormat;
  readonly bytes: Uint8Array;
}

export interface Results {
  /** The write that keeps a checked result, for the statement that ends its job. */
  resultChange(request: { readonly job: string; readonly agreement: string; readonly checked: CheckedResult }): Promise<{
    readonly id: string;
    readonly change: Change;
    /** What stands for the plan outside the gate. */
    readonly planMark: string;
  }>;
  /** The result of a job the caller may see; showing is releasing, so each showing is recorded. */
  showResult(
    caller: AuthenticatedActor,
    job: string,
    page: {
      /** A page as JSON, as which it is shown where none is named, or the whole as a file. */
      readonly format?: "json" | WholeFormat | undefined;
      readonly cursor?: string | undefined;
      readonly limit?: string | undefined;
    },
  ): Promise<ResultPage | ResultFile | Refusal<ExportRefusalCode>>;
}

type Row = Selectable<Tables["result"]>;

const mostRows = 1000;
const contextOf = (id: string, part: "content" | "evidence"): string => `result/${id}/${part}`;

async function open(keys: GateContext["keys"], agreement: string, row: Row, part: "content" | "evidence"): Promise<string> {
  const sealed = row[`${part}_sealed`];
  if (sealed === null) throw new ExportError("EXPORT_CONTENT_EXPIRED", `Result ${row.id} was opened after its expiry.`);
  const bytes = await keys.unseal("agreement-data", agreement, sealed, contextOf(row.id, part));
  return bytes.toString("utf8");
}

/** The content a hash stands for; anything else in the store is shown to nobody. */
export async function openContent(
  { keys }: Pick<GateContext, "keys">,
  agreement: string,
  row: Row,
  contentHash: string,
): Promise<Content> {
  const content = JSON.parse(await open(keys, agreement, row, "content")) as Content;
  if (hashContent(content) !== contentHash)
    throw new ExportError("EXPORT_CONTENT_ALTERED", `What the store holds of result ${row.id} is not what its hash says.`);
  return content;
}

export async function openEvidence(
  { keys }: Pick<GateContext, "keys">,
  agreement: string,
  row: Row,
): Promise<readonly CellEvidence[]> {
  return JSON.parse(await open(keys, agreement, row, "evidence")) as readonly CellEvidence[];
}

export function createResults(context: GateContext): Results {
  const { store, work, ids, clock, keys, governance, decider } = context;
  const { db } = store;
  const sealJson = (agreement: string, id: string, part: "content" | "evidence", value: unknown) =>
    keys.seal("agreement-data", agreement, Buffer.from(canonicalJson(value as JsonValue)), contextOf(id, part));

  return {
    resultChange: async ({ job, agreement, checked }) => {
      if (!isCheckedResult(checked)) throw new TypeError("only a checked result is kept");
      const id = ids.make("result");
      const planMark = await markPlan(keys, agreement, checked.planDigest);
      const insert = db
        .insertInto("result")
        .values({
          id,
          job_id: job,
          content_hash: checked.contentHash,
          columns: JSON.stringify(checked.content.columns),
          row_count: checked.content.rows.length,
          content_sealed: await sealJson(agreement, id, "content", checked.content),
          evidence_sealed: await sealJson(agreement, id, "evidence", checked.evidence),
          evidence_hash: checked.evidenceHash,
          plan_digest: planMark,
          verdict: "pass",
          created_at: clock.now(),
        })
        .returning("id");
      return { id, change: expectOne(insert), planMark };
    },
    showResult: async (caller, job, page) => {
      // Text that is no id never reaches the store, which refuses some texts with an error.
      if (!isId("job", job)) return refuse("RESULT_NOT_FOUND");
      const found = await db.selectFrom("job").select(["agreement_id", "author_id"]).where("id", "=", job).executeTakeFirst();
      const parties = found === undefined ? undefined : await governance.parties(found.agreement_id);
      if (
        found === undefined ||
        parties === undefined ||
        !decider.decide(caller.roles, "read", "result", governance.relationsTo(caller, parties, found.author_id))
      )
        return refuse("RESULT_NOT_FOUND");
      const row = await db.selectFrom("result").selectAll().where("job_id", "=", job).executeTakeFirst();
      if (row === undefined) return refuse("RESULT_NOT_FOUND");
      const refused = async (code: ExportRefusalCode): Promise<Refusal<ExportRefusalCode>> => {
        await work.record({ type: "result.shown", actor: toActor(caller), object: row.id, outcome: "refused", code });
        return refuse(code);
      };
      // Art. 36: with the agreement's end all use ends, looking included.
      if (!(await governance.inForce(found.agreement_id))) return refused("EXPORT_AGREEMENT_NOT_IN_FORCE");
      if (row.expired_at !== null) return refused("RESULT_EXPIRED");
      const content = await openContent(context, found.agreement_id, row, row.content_hash);
      const format = page.format ?? "json";
      const from = format === "json" ? Number(page.cursor ?? 0) : 0;
      const count = Math.max(1, Math.min(mostRows, Number(page.limit ?? mostRows)));
      const rows = format === "json" ? content.rows.slice(from, from + count) : content.rows;
      await work.record({
        type: "result.shown",
        actor: toActor(caller),
        object: row.id,
        links: { job, agreement: found.agreement_id },
        outcome: "done",
        data: { contentHash: row.content_hash, format, from, rows: rows.length },
      });
      if (format !== "json") return { format, bytes: wholeFormats[format](content) };
      const end = from + rows.length;
      return {
        result: row.id,
        rowCount: content.rows.length,
        columns: content.columns,
        rows,
        next: end < content.rows.length ? String(end) : undefined,
      };
    },
  };
}
