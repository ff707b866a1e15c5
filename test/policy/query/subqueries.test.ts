import t from "tap";
import { refusalOf } from "./refusals.ts";

t.test("a subquery neither looks at rows of owners nor stands beside them", async (t) => {
  for (const [sql, found] of [
    ["SELECT count(*) FROM person WHERE district IN (SELECT district FROM region)", "a subquery beside protected rows"],
    ["SELECT count(*), (SELECT 1) FROM person", "a subquery beside protected rows"],
    ["SELECT count(*) FROM person HAVING count(*) > (SELECT 1)", "a subquery beside protected rows"],
    ["SELECT sum((SELECT 1)) FROM person", "a subquery beside protected rows"],
    ["SELECT district FROM region WHERE district IN (SELECT district FROM person)", "a subquery whose rows are about owners"],
    [
      "SELECT count(*) FROM visit v WHERE EXISTS (SELECT 1 FROM person p WHERE p.id_card = v.id_card)",
      "the protected column id_card",
    ],
    ["SELECT count(*) FROM person p WHERE EXISTS (SELECT 1 FROM region WHERE area > p.income)", "the protected column income"],
    [
      "SELECT count(*) FROM person p JOIN visit v ON p.id_card = v.id_card AND EXISTS (SELECT 1)",
      "a subquery beside protected rows",
    ],
    ["SELECT * FROM region WHERE (SELECT count(*) FROM person WHERE district = region.district) > 3", "a column"],
  ] as const) {
    const answer = await refusalOf(sql);
    const text = typeof answer === "string" ? answer : answer.found;
    t.ok(text.startsWith(found), `${sql} → ${text}`);
  }
});
