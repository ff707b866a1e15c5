import t from "tap";
import { compileText } from "../../policy/query/duckdb-harness.ts";
import { codeOf } from "../../policy/query/refusals.ts";
import { sampleSchema } from "../../policy/query/sample-schema.ts";

/**
 * WITH queries of protected rows are put in place at each use: each that names the one before twice doubles what is
 * written. A text of two kilobytes must not fill the memory of the gateway, which compiles everybody's statements.
 */
const doubled = (times: number, first: string, next: (before: string) => string, last: string): string =>
  `WITH c0 AS (${first}), ${Array.from({ length: times }, (_, at) => `c${at + 1} AS (${next(`c${at}`)})`).join(", ")} ${last.replace("LAST", `c${times}`)}`;

const cases: readonly (readonly [what: string, (times: number) => string])[] = [
  [
    "tied to themselves",
    (times) =>
      doubled(
        times,
        "SELECT id_card FROM visit",
        (c) => `SELECT x.id_card FROM ${c} x WHERE EXISTS (SELECT 1 FROM ${c} y WHERE x.id_card = y.id_card)`,
        "SELECT count(*) FROM LAST",
      ),
  ],
  [
    "joined to themselves as totals",
    (times) =>
      doubled(
        times,
        "SELECT id_card, cost AS s FROM visit",
        (c) => `SELECT x.id_card, sum(x.s) AS s FROM ${c} x JOIN ${c} y USING (id_card) GROUP BY x.id_card`,
        "SELECT count(s) FROM LAST",
      ),
  ],
  [
    "joined to themselves beside windows",
    (times) =>
      doubled(
        times,
        "SELECT id_card, visit_date AS d FROM visit",
        (c) =>
          `SELECT x.id_card, x.d, row_number() OVER (PARTITION BY x.id_card ORDER BY x.d) AS r FROM ${c} x LEFT JOIN ${c} y USING (id_card)`,
        "SELECT count(*) FROM LAST WHERE r = 1",
      ),
  ],
  [
    "united with themselves",
    (times) =>
      doubled(
        times,
        "SELECT id_card FROM visit",
        (c) => `SELECT id_card FROM ${c} UNION ALL SELECT id_card FROM ${c}`,
        "SELECT count(*) FROM LAST",
      ),
  ],
  [
    "asked for by a condition of a condition",
    (times) =>
      doubled(
        times,
        "SELECT EXISTS (SELECT 1 FROM visit v WHERE v.id_card = p.id_card AND v.icd10 = 'B20') AS a FROM person p",
        (c) => `SELECT (a OR NOT a) AS a FROM ${c}`,
        "SELECT count(*) FROM LAST WHERE a",
      ),
  ],
];

for (const [what, make] of cases)
  t.test(`protected rows ${what} are bounded before they are written out`, async (t) => {
    const few = await compileText(make(2), sampleSchema);
    t.equal(few.kind, "draft", JSON.stringify(few));
    t.equal(await codeOf(make(13)), "QUERY_TOO_LARGE");
  });
