import { KernelError } from "./errors.ts";

declare const civilDate: unique symbol;

/** A day of the civil calendar as `YYYY-MM-DD`; texts compare as days do. What a clock says is no part of it. */
export type CivilDate = string & { readonly [civilDate]: true };

/** Half-open: the first day belongs to it, the last does not. */
export interface Term {
  readonly start: CivilDate;
  readonly endExclusive: CivilDate;
}

const msPerDay = 86_400_000;
/** Asia/Shanghai has been UTC+8 without summer time since 15 September 1991. */
const offsetMs = 8 * 3_600_000;
const firstSteadyYear = 1992;
const lastYear = 9999;

/** A real day written `YYYY-MM-DD` (2026-02-30 is none), or undefined. */
export function parseCivilDate(text: string): CivilDate | undefined {
  const [, year, month, day] = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text) ?? [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const days = utcDays(Number(year), Number(month), Number(day));
  return days !== undefined && write(days) === text ? (text as CivilDate) : undefined;
}

/** As `parseCivilDate`, but throws `KERNEL_DATE_INVALID`; for values of our own. */
export function toCivilDate(text: string): CivilDate {
  const date = parseCivilDate(text);
  if (date === undefined) throw invalid(`not a day written YYYY-MM-DD: ${JSON.stringify(text.slice(0, 40))}`);
  return date;
}

/** The day it is in Asia/Shanghai at this instant (1992 or later). */
export function civilDateAt(instant: Date): CivilDate {
  const days = Math.floor((instant.getTime() + offsetMs) / msPerDay);
  const date = Number.isNaN(days) ? undefined : parseCivilDate(write(days));
  if (date === undefined) throw invalid("an instant outside the calendar");
  checkSteady(date);
  return date;
}

/** The instant at which this day begins in Asia/Shanghai (1992 or later). */
export function startOfDay(date: CivilDate): Date {
  checkSteady(date);
  return new Date(daysOf(date) * msPerDay - offsetMs);
}

export function addDays(date: CivilDate, days: number): CivilDate {
  if (!Number.isSafeInteger(days)) throw invalid("days are added as a whole number");
  return toCivilDate(write(daysOf(date) + days));
}

/**
 * The same day of a later year; where 29 February has none, 1 March. Civil Code Art. 202 (民法典第二百零二条)
 * makes the last day of that February the last day *of the period*, and ends here are exclusive.
 */
export function addYears(date: CivilDate, years: number): CivilDate {
  if (!Number.isSafeInteger(years)) throw invalid("years are added as a whole number");
  const year = Number(date.slice(0, 4)) + years;
  if (year < 0 || year > lastYear) throw invalid("a year outside the calendar");
  const days = utcDays(year, Number(date.slice(5, 7)), Number(date.slice(8, 10)));
  if (days === undefined) throw invalid("a day outside the calendar");
  return toCivilDate(write(days));
}

/** Days from one date to another; negative when the second is earlier. */
export function daysBetween(from: CivilDate, to: CivilDate): number {
  return daysOf(to) - daysOf(from);
}

/**
 * Whether [start, endExclusive) is a term at all and no longer than so many years: 2026-01-01 to
 * 2029-01-01 is exactly three years and allowed, to 2029-01-02 is not.
 */
export function termWithinYears(start: CivilDate, endExclusive: CivilDate, years: number): boolean {
  return start < endExclusive && endExclusive <= addYears(start, years);
}

/** Whether the instant lies within the term, both ends taken as midnights of Asia/Shanghai. */
export function termHolds(term: Term, instant: Date): boolean {
  return startOfDay(term.start) <= instant && instant < startOfDay(term.endExclusive);
}

/** Days since 1970-01-01; a day that its month lacks runs over into the next month. */
function utcDays(year: number, month: number, day: number): number | undefined {
  const date = new Date(0);
  // Not Date.UTC: it takes the years 0 to 99 for 1900 to 1999.
  const ms = date.setUTCFullYear(year, month - 1, day);
  return Number.isNaN(ms) ? undefined : ms / msPerDay;
}

function daysOf(date: CivilDate): number {
  return Date.parse(`${date}T00:00:00Z`) / msPerDay;
}

function write(days: number): string {
  const date = new Date(days * msPerDay);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString().slice(0, -"T00:00:00.000Z".length);
}

function checkSteady(date: CivilDate): void {
  // Before, Shanghai had summer time: an instant computed with a fixed offset would be an hour off.
  if (Number(date.slice(0, 4)) < firstSteadyYear) throw invalid(`instants are known from ${firstSteadyYear} on`);
}

function invalid(message: string): KernelError {
  return new KernelError("KERNEL_DATE_INVALID", message);
}
