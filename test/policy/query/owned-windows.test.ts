import t from "tap";
import { refusalOf } from "./refusals.ts";

t.test("a window over protected rows neither chooses rows by what they hold nor frames them so", async (t) => {
  const over = (window: string): string => `SELECT n, count(*) FROM (SELECT ${window} AS n FROM visit) GROUP BY n`;
  const part = "PARTITION BY id_card ORDER BY visit_date";
  for (const [window, found] of [
    [`count(*) FILTER (WHERE hospital = 'x') OVER (${part})`, "FILTER, DISTINCT"],
    [`count(DISTINCT hospital) OVER (${part})`, "FILTER, DISTINCT"],
    [`first_value(hospital IGNORE NULLS) OVER (${part})`, "FILTER, DISTINCT"],
    [`first_value(hospital ORDER BY icd10) OVER (${part})`, "FILTER, DISTINCT"],
    [`count(*) OVER (${part} ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW)`, "EXCLUDE or GROUPS"],
    [`count(*) OVER (${part} GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW)`, "EXCLUDE or GROUPS"],
    [`count(*) OVER (${part} RANGE BETWEEN INTERVAL 1 DAY PRECEDING AND CURRENT ROW)`, "a frame that is not"],
    [`count(*) OVER (${part} ROWS BETWEEN month(visit_date) PRECEDING AND CURRENT ROW)`, "a frame that is not"],
    [`count(*) OVER (${part} ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)`, "compiled"],
  ] as const) {
    const answer = await refusalOf(over(window));
    const text = typeof answer === "string" ? answer : answer.found;
    t.ok(text.startsWith(found), `${window} → ${text}`);
  }
});
