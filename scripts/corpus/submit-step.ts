import { type ApiClient, type Json, ProblemError } from "../demo/api-client.ts";
import type { StepOutcome } from "./outcome.ts";
import { patiently } from "./patiently.ts";
import type { Rows } from "./reference/reference.ts";

/** What the platform says of a statement it does not even queue; anything else over HTTP is a broken run. */
const refusals: readonly number[] = [400, 413, 422];
const pauseMs = 15;

const asRecord = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});
const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

async function untilEnded(analyst: ApiClient, job: string): Promise<Json> {
  for (;;) {
    const view = await analyst.get(`/v1/jobs/${job}`);
    if (view["state"] !== "queued" && view["state"] !== "running") return view;
    await new Promise((resume) => setTimeout(resume, pauseMs));
  }
}

async function readResult(
  analyst: ApiClient,
  job: string,
): Promise<{ readonly result: string; readonly columns: readonly string[]; readonly rows: Rows }> {
  const rows: (readonly unknown[])[] = [];
  let cursor: string | undefined;
  for (;;) {
    const page = await analyst.get(`/v1/jobs/${job}/result${cursor === undefined ? "" : `?cursor=${cursor}`}`);
    rows.push(...(page["rows"] as Rows));
    cursor = page["next"] === undefined ? undefined : String(page["next"]);
    if (cursor !== undefined) continue;
    const columns = (page["columns"] as readonly Json[]).map((column) => textOf(column["name"]));
    return { result: String(page["result"]), columns, rows };
  }
}

/** Submits one statement as an analyst and reads over HTTP what comes of it; with `wantsExport` also asks that it may leave. */
export async function submitStep(
  analyst: ApiClient,
  step: { readonly agreement: string; readonly sql: string; readonly wantsExport: boolean },
): Promise<StepOutcome> {
  let job: Json;
  try {
    job = await patiently(() => analyst.post(`/v1/agreements/${step.agreement}/jobs`, { sql: step.sql }));
  } catch (error) {
    if (!(error instanceof ProblemError) || !refusals.includes(error.status)) throw error;
    const { code, title, more } = error.problem;
    // What is refused here is the text as a whole, for its length: that is its place.
    return { kind: "refused", code: textOf(code), rule: textOf(title), found: JSON.stringify(more ?? ""), place: true };
  }
  const id = String(job["id"]);
  const ended = await untilEnded(analyst, id);
  const answer = asRecord(ended["answer"]);
  if (ended["state"] === "refused")
    return {
      kind: "refused",
      code: textOf(answer["code"]),
      rule: textOf(answer["rule"]),
      found: textOf(answer["found"]),
      place: answer["at"] !== undefined,
    };
  if (ended["state"] !== "done") return { kind: "failed", code: textOf(answer["code"]) || String(ended["state"]) };
  const { result, columns, rows } = await readResult(analyst, id);
  if (!step.wantsExport) return { kind: "done", columns, rows, verdict: undefined };
  const { verdict } = await analyst.post("/v1/exports", { result, purpose: "corpus", productName: "corpus" });
  return { kind: "done", columns, rows, verdict: textOf(verdict) };
}
