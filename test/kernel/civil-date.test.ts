import t from "tap";
import {
  addDays,
  addYears,
  civilDateAt,
  daysBetween,
  parseCivilDate,
  startOfDay,
  termHolds,
  termWithinYears,
  toCivilDate,
} from "../../src/kernel/civil-date.ts";

const day = toCivilDate;
const code = { code: "KERNEL_DATE_INVALID" };

t.test("only days that exist, written in one way, are days", async (t) => {
  for (const text of ["2024-02-29", "2000-02-29", "2026-12-31", "0001-01-01", "9999-12-31"]) {
    t.equal(parseCivilDate(text), text);
  }
  for (const text of [
    "2026-02-29",
    "1900-02-29",
    "2026-02-30",
    "2026-04-31",
    "2026-13-01",
    "2026-00-10",
    "2026-01-00",
    "2026-1-1",
    "26-01-01",
    "2026-01-01T00:00:00Z",
    " 2026-01-01",
    "2026-01-01\n",
    "２０２６-01-01",
    "+02026-01-01",
    "20260101",
    "",
  ]) {
    t.equal(parseCivilDate(text), undefined, JSON.stringify(text));
  }
  t.throws(() => toCivilDate("tomorrow"), code);
});

t.test("a day begins at midnight of Shanghai, which is 16:00 of the day before in UTC", async (t) => {
  t.equal(startOfDay(day("2026-01-01")).toISOString(), "2025-12-31T16:00:00.000Z");
  t.equal(civilDateAt(new Date("2025-12-31T15:59:59.999Z")), "2025-12-31");
  t.equal(civilDateAt(new Date("2025-12-31T16:00:00.000Z")), "2026-01-01");
});

t.test("from 1992 to 2100 the day agrees with the time-zone data of the platform", async (t) => {
  const shanghai = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Shanghai", dateStyle: "short" });
  const wrong: string[] = [];
  for (let ms = Date.UTC(1992, 0, 2, 15, 59, 59, 999); ms < Date.UTC(2100, 0); ms += 40_000_001) {
    const instant = new Date(ms);
    if (civilDateAt(instant) !== shanghai.format(instant)) wrong.push(instant.toISOString());
  }
  t.same(wrong, []);
});

t.test("an instant is not guessed where Shanghai had summer time or the calendar ends", async (t) => {
  t.throws(() => startOfDay(day("1988-07-01")), code);
  t.throws(() => civilDateAt(new Date("1988-07-01T00:00:00Z")), code);
  t.throws(() => civilDateAt(new Date(Number.NaN)), code);
  t.throws(() => civilDateAt(new Date(8.64e15)), code);
});

t.test("days are counted over month ends and leap days", async (t) => {
  t.equal(addDays(day("2024-02-28"), 1), "2024-02-29");
  t.equal(addDays(day("2024-02-28"), 2), "2024-03-01");
  t.equal(addDays(day("2026-01-01"), -1), "2025-12-31");
  t.equal(daysBetween(day("2026-01-01"), day("2029-01-01")), 1096);
  t.equal(daysBetween(day("2026-01-02"), day("2026-01-01")), -1);
  t.throws(() => addDays(day("2026-01-01"), 0.5), code);
  t.throws(() => addDays(day("9999-12-31"), 1), code);
});

t.test("years keep the day; 29 February without a counterpart becomes 1 March", async (t) => {
  t.equal(addYears(day("2026-01-01"), 3), "2029-01-01");
  t.equal(addYears(day("2028-02-29"), 3), "2031-03-01");
  t.equal(addYears(day("2028-02-29"), 4), "2032-02-29");
  t.equal(addYears(day("2028-02-28"), 3), "2031-02-28");
  t.equal(addYears(day("2096-02-29"), 4), "2100-03-01");
  t.equal(addYears(day("2026-12-31"), -1), "2025-12-31");
  t.throws(() => addYears(day("2026-01-01"), 1.5), code);
  t.throws(() => addYears(day("9999-01-01"), 1), code);
  t.throws(() => addYears(day("0001-01-01"), -2), code);
});

t.test("a term of three years is allowed, of three years and a day refused", async (t) => {
  t.equal(termWithinYears(day("2026-01-01"), day("2029-01-01"), 3), true);
  t.equal(termWithinYears(day("2026-01-01"), day("2029-01-02"), 3), false);
  t.equal(termWithinYears(day("2028-02-29"), day("2031-03-01"), 3), true);
  t.equal(termWithinYears(day("2028-02-29"), day("2031-03-02"), 3), false);
  t.equal(termWithinYears(day("2026-01-01"), day("2026-01-02"), 3), true);
});

t.test("a term that is empty or runs backwards is none", async (t) => {
  t.equal(termWithinYears(day("2026-01-01"), day("2026-01-01"), 3), false);
  t.equal(termWithinYears(day("2026-01-02"), day("2026-01-01"), 3), false);
});

t.test("a term holds from the first midnight up to, not with, the last", async (t) => {
  const term = { start: day("2026-01-01"), endExclusive: day("2029-01-01") };
  t.equal(termHolds(term, new Date("2025-12-31T15:59:59.999Z")), false);
  t.equal(termHolds(term, new Date("2025-12-31T16:00:00.000Z")), true);
  t.equal(termHolds(term, new Date("2028-12-31T15:59:59.999Z")), true);
  t.equal(termHolds(term, new Date("2028-12-31T16:00:00.000Z")), false);
  t.equal(termHolds(term, new Date(Number.NaN)), false);
});
