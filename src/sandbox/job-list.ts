import { sql } from "kysely";
import type { AuthenticatedActor } from "../identity/index.ts";
import { type CivilDate, parseCivilDate, type Refusal, refuse, startOfDay } from "../kernel/index.ts";
import type { JobState } from "../store/index.ts";
import type { JobAccess } from "./job-access.ts";
import type { JobContext } from "./job-context.ts";
import { type JobView, viewOf } from "./job-view.ts";
import type { JobRefusalCode } from "./refusals.ts";

/** All that are given must hold. */
export interface JobFilter {
  readonly agreement?: string | undefined;
  readonly state?: JobState | undefined;
  readonly label?: string | undefined;
  readonly author?: string | undefined;
  /** Civil days of submission; `from` belongs to it, `to` does not. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** The last job of the page before. */
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
}

export interface JobPage {
  readonly items: readonly JobView[];
  readonly next?: string | undefined;
}

const mostJobs = 200;
const usualJobs = 50;
/** Days before are no instants of one fixed offset (kernel/civil-date.ts). */
const firstDay = "1992-01-01" as CivilDate;

function instantOf(day: string | undefined): Date | undefined | "invalid" {
  if (day === undefined) return undefined;
  const date = parseCivilDate(day);
  return date === undefined || date < firstDay ? "invalid" : startOfDay(date);
}

/** Jobs that the caller may read, newest first; nothing counts what is hidden. */
export function createJobList(
  { store }: JobContext,
  access: Pick<JobAccess, "readable">,
): (actor: AuthenticatedActor, filter: JobFilter) => Promise<JobPage | Refusal<JobRefusalCode>> {
  return async (actor, filter) => {
    const [from, to] = [instantOf(filter.from), instantOf(filter.to)];
    if (from === "invalid" || to === "invalid") return refuse("JOB_DAY_INVALID");
    const limit = Math.max(1, Math.min(mostJobs, filter.limit ?? usualJobs));
    const { all, own, agency } = access.readable(actor);
    let query = store.db
      .selectFrom("job")
      .innerJoin("agreement", "agreement.id", "job.agreement_id")
      .selectAll("job")
      // What may be seen is part of the question, so that no page tells by its gaps what is not.
      .where((eb) =>
        eb.or([
          eb.val(all),
          eb.and([eb.val(own), eb("agreement.operator_id", "=", actor.organisation)]),
          eb.and([eb.val(agency), eb("agreement.agency_id", "=", actor.organisation)]),
        ]),
      )
      .orderBy("job.id", "desc")
      .limit(limit + 1);
    if (filter.agreement !== undefined) query = query.where("job.agreement_id", "=", filter.agreement);
    if (filter.state !== undefined) query = query.where("job.state", "=", filter.state);
    if (filter.author !== undefined) query = query.where("job.author_id", "=", filter.author);
    if (filter.label !== undefined) query = query.where(sql<boolean>`job.labels @> ARRAY[${filter.label}]`);
    if (from !== undefined) query = query.where("job.submitted_at", ">=", from);
    if (to !== undefined) query = query.where("job.submitted_at", "<", to);
    if (filter.cursor !== undefined) query = query.where("job.id", "<", filter.cursor);
    const rows = await query.execute();
    const items = rows.slice(0, limit).map(viewOf);
    return { items, next: rows.length > limit ? items.at(-1)?.id : undefined };
  };
}
