import type { IngestRefused } from "../engine/index.ts";
import type { AuthenticatedActor } from "../identity/index.ts";
import { isRefusal, type Refusal, refuse } from "../kernel/index.ts";
import type { CatalogContext } from "./context.ts";
import { createReadingSlots } from "./reading-slots.ts";
import { roomyBody } from "./roomy-body.ts";
import { steadyBody } from "./steady-body.ts";

/** Reads one body from outside: while there is a slot for it, and as long as it keeps coming. */
export type ReadBody = <T>(
  caller: AuthenticatedActor,
  body: AsyncIterable<Uint8Array>,
  task: (body: AsyncIterable<Uint8Array>) => Promise<T | Refusal>,
) => Promise<T | Refusal>;

/** A file's refusal as the caller is told it. */
export function refusalOf({ code, line, row, column, reason }: IngestRefused): Refusal {
  return refuse(code, {
    ...(line === undefined ? {} : { line }),
    ...(row === undefined ? {} : { row }),
    ...(column === undefined ? {} : { column }),
    reason,
  });
}

/** Where a resumable upload stands, of whatever else a refusal tells. */
function receivedOf({ detail }: Refusal): Refusal["detail"] {
  return detail?.["received"] === undefined ? undefined : { received: detail["received"] };
}

export function createReadBody({ limits, space }: Pick<CatalogContext, "limits" | "space">): ReadBody {
  const slots = createReadingSlots({ all: limits.maxReadings, each: limits.maxReadingsPerUnit });
  return async (caller, body, task) => {
    const roomy = roomyBody(body, space);
    const steady = steadyBody(roomy, limits.stallTimeoutMs);
    const answer = await slots.within(caller.organisation, () => task(steady));
    if (answer === undefined) return refuse("CATALOG_BUSY");
    if (roomy.isOut() && isRefusal(answer)) return refuse("CATALOG_DISK_LOW", receivedOf(answer));
    if (steady.isStalled() && isRefusal(answer))
      return refuse("CATALOG_FILE_TIMEOUT", { reason: `too little of the file came within ${limits.stallTimeoutMs} ms` });
    return answer;
  };
}
