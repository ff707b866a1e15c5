import { CodedError } from "../kernel/index.ts";
import { BackupError } from "./backup-error.ts";
import { UsageError } from "./options.ts";

/** Tells a command's failure to the person at the terminal; gives the exit code: 2 for how it was called, 1 else. */
export function explainFailure(error: unknown, usage: string): 1 | 2 {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n\n${usage}`);
    return 2;
  }
  if (!(error instanceof CodedError || error instanceof BackupError)) {
    console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return 1;
  }
  const code = error instanceof CodedError ? ` [${error.code}]` : "";
  const cause = error.cause instanceof Error ? `\nBecause: ${error.cause.message}` : "";
  console.error(`${error.message}${code}${cause}`);
  return 1;
}
