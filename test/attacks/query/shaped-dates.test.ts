import t from "tap";
import { agreesWith } from "../../policy/query/agrees.ts";
import { openPeople } from "../../policy/query/people-database.ts";
import { codeOf } from "../../policy/query/refusals.ts";

/** Sums whose difference counts who was born on one day, though thousands stand behind each. */
const shaped: readonly string[] = [
  "sum(date_diff('week', birth_date, DATE '1990-05-24')) - sum(date_diff('week', birth_date, DATE '1990-05-17'))",
  "sum(datediff('week', DATE '1990-05-24', birth_date))",
  "sum(date_sub('century', birth_date, DATE '2090-05-18')) - sum(date_sub('century', birth_date, DATE '2090-05-17'))",
  "sum(datesub('year', birth_date, DATE '2090-05-18'))",
  "sum(DATE '1990-05-17' - birth_date)",
  "avg(date_diff('day', birth_date, DATE '1990-05-17') // 1000)",
  "sum(date_diff('day', birth_date, DATE '1990-05-17') % 30)",
];

t.test("no number made from a date has a step at a day that the statement chooses", async (t) => {
  for (const figure of shaped) t.equal(await codeOf(`SELECT ${figure} FROM person`), "QUERY_MEASURE_SHAPE", figure);
});

t.test("parts of dates and differences in the calendar's own steps are summed", async (t) => {
  const connection = await openPeople();
  t.teardown(() => connection.closeSync());
  const agrees = agreesWith(connection);
  for (const figure of [
    "avg(date_diff('year', birth_date, DATE '2025-01-01'))",
    "sum(date_diff('month', birth_date, DATE '1990-05-17'))",
    "avg(date_diff('decade', birth_date, DATE '1990-05-17'))",
    "avg(decade(birth_date)), avg(weekday(birth_date)), sum(isoyear(birth_date))",
  ])
    await agrees(t, `SELECT ${figure} FROM person`);
});
