import t from "tap";
import { parseTerm, termCovers } from "../../src/governance/term.ts";

const now = new Date("2026-03-02T08:00:00Z");
const codeOf = (startsOn: string, endsOn: string): string => {
  const term = parseTerm(startsOn, endsOn, now);
  return "code" in term ? term.code : "accepted";
};

t.test("three years are accepted, three years and a day are not (Art. 17)", async (t) => {
  t.equal(codeOf("2026-04-01", "2029-04-01"), "accepted");
  t.equal(codeOf("2026-04-01", "2029-04-02"), "AGREEMENT_TERM_TOO_LONG");
  t.equal(codeOf("2028-02-29", "2031-03-01"), "accepted");
  t.equal(codeOf("2028-02-29", "2031-03-02"), "AGREEMENT_TERM_TOO_LONG");
});

t.test("a term ends after it starts", async (t) => {
  t.equal(codeOf("2026-04-01", "2026-04-02"), "accepted");
  t.equal(codeOf("2026-04-01", "2026-04-01"), "AGREEMENT_TERM_EMPTY");
  t.equal(codeOf("2026-04-02", "2026-04-01"), "AGREEMENT_TERM_EMPTY");
});

t.test("a term that is over could never come into force", async (t) => {
  t.equal(codeOf("2025-01-01", "2026-03-02"), "AGREEMENT_ALREADY_OVER");
  t.equal(codeOf("2025-01-01", "2026-03-03"), "accepted", "it may have begun");
  t.equal(codeOf("2025-01-01", "2026-03-01"), "AGREEMENT_ALREADY_OVER");
});

t.test("days that no calendar has, or no agreement, are refused and do not throw", async (t) => {
  for (const day of ["2026-02-30", "2026-13-01", "2026-1-1", "26-01-01", "", "1991-01-01", "9999-12-31", "+012026-01-01"]) {
    t.equal(codeOf(day, "2026-06-01"), "AGREEMENT_DAY_INVALID", day);
    t.equal(codeOf("2026-01-01", day), "AGREEMENT_DAY_INVALID", day);
  }
});

t.test("a term is half-open, at midnights of Asia/Shanghai", async (t) => {
  const term = parseTerm("2026-04-01", "2027-04-01", now);
  if ("code" in term) throw new Error(term.code);
  t.equal(term.startsAt.toISOString(), "2026-03-31T16:00:00.000Z");
  t.equal(term.endsAt.toISOString(), "2027-03-31T16:00:00.000Z");
  for (const [instant, covered] of [
    ["2026-03-31T15:59:59.999Z", false],
    ["2026-03-31T16:00:00.000Z", true],
    ["2027-03-31T15:59:59.999Z", true],
    ["2027-03-31T16:00:00.000Z", false],
  ] as const)
    t.equal(termCovers(term, new Date(instant)), covered, instant);
});
