import type { EventDraft } from "../audit/index.ts";
import { isRefusal, type Refusal } from "../kernel/index.ts";
import type { CatalogContext } from "./context.ts";
import type { ColumnDeclaration } from "./declaration.ts";

/** What an attempt's event says before it is known how it went. */
export type Attempt = Pick<EventDraft, "type" | "actor" | "object">;

/**
 * Runs a task whose success records itself; a refusal or a failure of it becomes the attempt's event.
 * The event never quotes the file: of what a refusal tells, only numbers and declared names enter.
 */
export async function recorded<T>(
  { work }: Pick<CatalogContext, "work">,
  attempt: Attempt,
  columns: readonly Pick<ColumnDeclaration, "name">[],
  task: () => Promise<T | Refusal>,
): Promise<T | Refusal> {
  let answer: T | Refusal;
  try {
    answer = await task();
  } catch (error) {
    // Where the store itself is gone this cannot be recorded either; the first fault is the one to tell.
    await work.record({ ...attempt, outcome: "failed" }).catch(() => undefined);
    throw error;
  }
  if (!isRefusal(answer)) return answer;
  const { line, row, column } = answer.detail ?? {};
  // Whatever else an ingest process calls a column came out of the file.
  const declared = columns.some(({ name }) => name === column);
  await work.record({
    ...attempt,
    outcome: "refused",
    code: answer.code,
    data: {
      ...(typeof line === "number" ? { line } : {}),
      ...(typeof row === "number" ? { row } : {}),
      ...(declared && typeof column === "string" ? { column } : {}),
    },
  });
  return answer;
}
