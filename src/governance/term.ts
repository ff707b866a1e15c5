import { type CivilDate, parseCivilDate, refuse, startOfDay, termWithinYears } from "../kernel/index.ts";
import type { Refused } from "./context.ts";

/** Longest term of an agreement (Art. 17). */
const maxTermYears = 3;
/** Days outside are slips of the pen, and instants before 1992 are not known exactly. */
const [firstDay, lastDay] = ["2000-01-01", "2999-12-31"];

/** Instants of Asia/Shanghai midnights, half-open: in force from `startsAt`, no longer at `endsAt`. */
export interface TermInstants {
  readonly startsAt: Date;
  readonly endsAt: Date;
}

function parseDay(text: string): CivilDate | undefined {
  const day = parseCivilDate(text);
  return day !== undefined && firstDay <= day && day <= lastDay ? day : undefined;
}

/** The term of a draft, or what is wrong with it. A term that is over already could never come into force. */
export function parseTerm(startsOn: string, endsOn: string, now: Date): TermInstants | Refused {
  const [start, end] = [parseDay(startsOn), parseDay(endsOn)];
  if (start === undefined || end === undefined)
    return refuse("AGREEMENT_DAY_INVALID", { accepted: `days such as 2026-01-31, from ${firstDay} to ${lastDay}` });
  if (end <= start) return refuse("AGREEMENT_TERM_EMPTY");
  if (!termWithinYears(start, end, maxTermYears)) return refuse("AGREEMENT_TERM_TOO_LONG", { years: maxTermYears });
  const endsAt = startOfDay(end);
  return endsAt <= now ? refuse("AGREEMENT_ALREADY_OVER") : { startsAt: startOfDay(start), endsAt };
}

/** Whether the instant lies in the term. */
export function termCovers(term: TermInstants, instant: Date): boolean {
  return term.startsAt <= instant && instant < term.endsAt;
}
