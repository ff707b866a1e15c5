import { formatVerifierKey } from "../kernel/index.ts";
import { checkResult } from "./checked-result.ts";
import type { GateContext } from "./context.ts";
import { createExports, type Exports } from "./exports.ts";
import { createExportLists, type ExportLists } from "./list-exports.ts";
import { createReleases, type Releases } from "./releases.ts";
import { createResults, type Results } from "./results.ts";
import { createRetention, type Retention } from "./retention.ts";
import { createVotes, type Votes } from "./votes.ts";

/** The gate: nothing is shown or leaves but checked results, and nothing leaves without two people. */
export type ExportGate = Results &
  Exports &
  ExportLists &
  Votes &
  Releases &
  Retention & {
    readonly check: typeof checkResult;
    /** The key that packages are verified with. */
    packageKey(): Promise<string>;
  };

export function createExportGate(context: GateContext): ExportGate {
  return {
    check: checkResult,
    ...createResults(context),
    ...createExports(context),
    ...createExportLists(context),
    ...createVotes(context),
    ...createReleases(context),
    ...createRetention(context),
    packageKey: async () =>
      formatVerifierKey(context.packageKeyName, (await context.keys.signing("package-signing")).publicBytes),
  };
}
