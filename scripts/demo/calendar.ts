import { addDays, daysBetween, toCivilDate } from "../../src/kernel/civil-date.ts";

/** A run of days, written once and then looked up by number. */
export interface Calendar {
  readonly days: number;
  /** `YYYY-MM-DD` */
  iso(day: number): string;
  /** `YYYYMMDD` */
  compact(day: number): string;
  year(day: number): number;
}

/** The days from the first to the last, both included. */
export function createCalendar(first: string, last: string): Calendar {
  const isoTexts: string[] = [];
  let day = toCivilDate(first);
  for (let left = daysBetween(day, toCivilDate(last)); left >= 0; left--) {
    isoTexts.push(day);
    if (left > 0) day = addDays(day, 1);
  }
  const compactTexts = isoTexts.map((text) => text.replaceAll("-", ""));
  return {
    days: isoTexts.length,
    iso: (place) => isoTexts[place] ?? "",
    compact: (place) => compactTexts[place] ?? "",
    year: (place) => Number(isoTexts[place]?.slice(0, 4)),
  };
}
