import { StoreError } from "./errors.ts";

/** SQLSTATE classes and socket errors that mean "the server does not answer", not "the query is wrong". */
const unavailableCodes =
  /^(08...|57P0[1-5]|53300|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT|EPIPE|ETIMEDOUT)$/;
/** pg's own errors for a lost or unobtainable connection carry no code. */
const unavailableTexts =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/** Whether an error means that PostgreSQL cannot be reached now; the same request may succeed later. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof StoreError) return error.code === "STORE_UNAVAILABLE";
  if (!(error instanceof Error)) return false;
  if ("code" in error && typeof error.code === "string" && unavailableCodes.test(error.code)) return true;
  return unavailableTexts.test(error.message);
}
