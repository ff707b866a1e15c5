import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { isRefusal, type Refusal, refuse } from "../kernel/index.ts";
import type { CatalogContext } from "./context.ts";
import { parseHandInFormat } from "./hand-in-format.ts";
import { type ProposedColumn, proposeColumn } from "./propose-column.ts";
import { type ReadBody, refusalOf } from "./readings.ts";
import { recorded } from "./recorded.ts";

export interface Proposal {
  readonly columns: readonly ProposedColumn[];
  /** Rows of the sample that it is made from. */
  readonly rows: number;
  /** False: the file goes on behind the sample. */
  readonly whole: boolean;
}

export interface Proposals {
  /**
   * Columns as they might be declared, from the beginning of a file. It only proposes: nothing is
   * declared, the sample is not kept, and of its text only the header's names come back.
   */
  propose(
    caller: AuthenticatedActor,
    body: AsyncIterable<Uint8Array>,
    sample: { readonly contentType: string },
  ): Promise<Proposal | Refusal>;
}

export function createProposals(context: CatalogContext, readBody: ReadBody): Proposals {
  const { work, engine, limits } = context;
  const type = "resource.proposed";
  return {
    propose: (caller, body, { contentType }) =>
      recorded<Proposal>(context, { type, actor: toActor(caller), object: caller.id }, [], async () => {
        if (caller.organisationKind !== "source-unit") return refuse("CATALOG_SOURCE_UNIT_REQUIRED");
        const format = parseHandInFormat(contentType);
        if (isRefusal(format)) return format;
        const sampled = await readBody(caller, body, async (steady) => {
          const answer = await engine.sample({ format, limits }, steady);
          return answer.kind === "refused" ? refusalOf(answer) : answer;
        });
        if (isRefusal(sampled)) return sampled;
        const { rows, whole, columns } = sampled;
        await work.record({
          type,
          actor: toActor(caller),
          object: caller.id,
          outcome: "done",
          data: { rows, columns: columns.length },
        });
        return { columns: columns.map((column, at) => proposeColumn(column, at + 1)), rows, whole };
      }),
  };
}
