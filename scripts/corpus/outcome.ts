import type { Rows } from "./reference/reference.ts";

/** What an operator sees over HTTP of one submitted statement. */
export type StepOutcome =
  | {
      readonly kind: "refused";
      readonly code: string;
      readonly rule: string;
      /** What was found wrong, in the platform's words. */
      readonly found: string;
      /** Whether the refusal says where in the text. */
      readonly place: boolean;
    }
  /** Ended by the platform without an answer about the statement. */
  | { readonly kind: "failed"; readonly code: string }
  | {
      readonly kind: "done";
      readonly columns: readonly string[];
      readonly rows: Rows;
      /** The machine's verdict on an export, where one was asked for. */
      readonly verdict: string | undefined;
    };

export function describe(outcome: StepOutcome): string {
  if (outcome.kind === "refused") return `refused ${outcome.code}`;
  if (outcome.kind === "failed") return `failed ${outcome.code}`;
  return `done, ${outcome.rows.length} rows${outcome.verdict === undefined ? "" : `, export ${outcome.verdict}`}`;
}
