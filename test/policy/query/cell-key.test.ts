import t from "tap";
import { checkAgainstFloor, platformFloor, type ReleaseRules } from "../../../src/policy/query/index.ts";
import { cumulative, pTable } from "../../../src/policy/query/noise/p-table.ts";
import { show } from "./duckdb-harness.ts";
import { openPeople } from "./people-database.ts";
import { addHidden } from "./provisioned.ts";
import { sampleSchema } from "./sample-schema.ts";

const rules: ReleaseRules = { ...platformFloor, mode: "cell-key" };
const places = 4;
const rounded = (row: readonly number[] | undefined): readonly number[] => (row ?? []).map((p) => Number(p.toFixed(places)));

t.test("the perturbation table is the reference's", async (t) => {
  t.same(rounded(pTable({ most: 2, variance: 1.08, blocked: 1 })[0]), [0, 0.5133, 0, 0.46, 0.0267]);
  t.same(rounded(pTable({ most: 5, variance: 3, blocked: 2 })[7]).slice(0, 6), [0.0038, 0.0166, 0.0523, 0.1187, 0.1942, 0.2288]);
  t.same(rounded(pTable({ most: 3, variance: 1, blocked: 0 })[2]).slice(0, 4), [0.0045, 0.0543, 0.242, 0.3982]);
});

t.test("a mode that nobody built is refused", (t) => {
  const odd = { ...platformFloor, mode: "dp" } as unknown as ReleaseRules;
  t.match(checkAgainstFloor(odd, platformFloor), { code: "POLICY_MODE_NOT_IMPLEMENTED" });
  t.end();
});

t.test("each row keeps the mean, has the variance, and blocks small counts", async (t) => {
  const rule = { most: 5, variance: 3, blocked: 2 };
  for (const [at, row] of pTable(rule).entries()) {
    const of = (power: number): number => row.reduce((sum, p, i) => sum + p * (i - rule.most) ** power, 0);
    t.ok(Math.abs(of(0) - 1) < 1e-7 && Math.abs(of(1)) < 1e-6 && Math.abs(of(2) - 3) < 1e-5, `row ${at + 1}`);
    t.ok(
      row.every((p, i) => p === 0 || at + 1 + i - rule.most === 0 || at + 1 + i - rule.most > 2),
      `row ${at + 1} shows no 1 and no 2`,
    );
    t.same(cumulative(row).length, 10);
  }
});

t.test("with noise", async (t) => {
  const connection = await openPeople();
  await addHidden(connection, sampleSchema);
  const rowsOf = async (sql: string, as = rules) => (await show(sql, sampleSchema, connection, as)).rows;

  t.test("the same data give the same figure however they are asked for", async (t) => {
    const same = [
      [
        "SELECT count(DISTINCT id_card) FROM visit WHERE hospital = 'H1'",
        "SELECT count(*) FROM person p WHERE EXISTS (SELECT 1 FROM visit v WHERE v.id_card = p.id_card AND v.hospital = 'H1')",
        "SELECT count(*) FROM person SEMI JOIN (SELECT id_card FROM visit WHERE hospital = 'H1') v USING (id_card)",
        "SELECT count(*) FROM (SELECT id_card, count(*) AS n FROM visit WHERE hospital = 'H1' GROUP BY id_card)",
        "SELECT count(DISTINCT CASE WHEN hospital = 'H1' THEN id_card END) FROM visit",
        "WITH v AS (SELECT * FROM visit WHERE NOT (hospital <> 'H1')) SELECT count(DISTINCT id_card) FROM v",
      ],
      [
        "SELECT count(*) FROM visit WHERE hospital = 'H2'",
        "SELECT count(*) FILTER (WHERE hospital = 'H2') FROM visit",
        "SELECT sum(CASE WHEN hospital = 'H2' THEN 1 ELSE 0 END) FROM visit",
        "SELECT sum(n) FROM (SELECT id_card, count(*) AS n FROM visit WHERE hospital = 'H2' GROUP BY id_card)",
        "SELECT sum(n) FROM (SELECT id_card, count(*) FILTER (WHERE hospital = 'H2') AS n FROM visit GROUP BY id_card)",
        "SELECT count(*) FROM visit v JOIN person p ON v.id_card = p.id_card WHERE v.hospital = 'H2'",
        "SELECT n FROM (SELECT hospital, count(*) AS n FROM visit GROUP BY hospital) WHERE hospital = 'H2'",
      ],
      [
        "SELECT sum(cost) FROM visit WHERE icd10 = 'I10'",
        "SELECT sum(c) FROM (SELECT id_card, sum(cost) AS c FROM visit WHERE icd10 = 'I10' GROUP BY id_card)",
        "SELECT sum(c) FROM (SELECT id_card, sum(cost) FILTER (WHERE icd10 = 'I10') AS c FROM visit GROUP BY id_card)",
        "SELECT sum(CASE WHEN icd10 = 'I10' THEN cost END) FROM visit",
        "SELECT avg(cost) * count(cost) FROM visit WHERE icd10 = 'I10'",
        "SELECT sum(v.cost) FROM person p LEFT JOIN visit v ON p.id_card = v.id_card WHERE v.icd10 = 'I10'",
        "SELECT sum(d) FROM (SELECT id_card, sum(c) AS d FROM (SELECT id_card, hospital, sum(cost) AS c FROM visit WHERE icd10 = 'I10' GROUP BY id_card, hospital) GROUP BY id_card)",
        "SELECT sum(c) FROM (SELECT id_card, cost AS c, row_number() OVER (PARTITION BY id_card ORDER BY visit_date) AS r FROM visit WHERE icd10 = 'I10')",
      ],
      [
        "SELECT sum(wage) FROM employment WHERE position = 'P1'",
        "SELECT sum(w) FROM (SELECT worker, employer, sum(wage) AS w FROM employment WHERE position = 'P1' GROUP BY worker, employer)",
      ],
    ];
    same.push([
      "SELECT count(*) FROM person p FULL JOIN visit v ON p.id_card = v.id_card",
      "SELECT count(*) FROM visit v RIGHT JOIN person p ON p.id_card = v.id_card",
      "SELECT count(*) FROM (SELECT coalesce(p.id_card, v.id_card) AS id, row_number() OVER (PARTITION BY coalesce(p.id_card, v.id_card) ORDER BY v.visit_date) AS r FROM person p FULL JOIN visit v ON p.id_card = v.id_card)",
    ]);
    same.push([
      "SELECT sum(x) FROM (SELECT id_card, income AS x FROM person UNION ALL SELECT id_card, cost FROM visit)",
      "SELECT sum(s) FROM (SELECT id_card, sum(x) AS s FROM (SELECT id_card, income AS x FROM person UNION ALL SELECT id_card, cost FROM visit) GROUP BY id_card)",
    ]);
    same.push([
      "SELECT sum(x) FROM (SELECT id_card, income AS x FROM person UNION ALL SELECT id_card, cost FROM visit)",
      "SELECT sum(x) FROM (SELECT id_card, cost AS x FROM visit UNION ALL SELECT id_card, income FROM person)",
    ]);
    same.push([
      "SELECT count(*) FROM enterprise x LEFT JOIN employment e ON x.uscc = e.employer",
      "SELECT count(*) FROM employment e RIGHT JOIN enterprise x ON x.uscc = e.employer",
    ]);
    same.push([
      "SELECT sum(cost) FROM visit WHERE icd10 = 'J45'",
      "SELECT sum(c) FROM (SELECT id_card, c, row_number() OVER (PARTITION BY id_card ORDER BY c) AS r FROM (SELECT id_card, sum(cost) AS c FROM visit WHERE icd10 = 'J45' GROUP BY id_card))",
    ]);
    for (const [first = "", ...others] of same) {
      const [[expected] = []] = await rowsOf(first);
      t.type(Number(expected), "number", first);
      for (const sql of others) {
        const [[figure] = []] = await rowsOf(sql);
        t.ok(
          Math.abs(Number(figure) - Number(expected)) <= 1e-9 * Math.abs(Number(expected)),
          `${figure} is ${expected}: ${sql}`,
        );
      }
    }
  });

  t.test(
    "figures move, by at most five and a half contributions of the greatest owner, and another family moves them otherwise",
    async (t) => {
      const sql = "SELECT hospital, month(visit_date), icd10, count(*), sum(cost) FROM visit GROUP BY ALL ORDER BY ALL";
      const exact = new Map((await rowsOf(sql, platformFloor)).map((row) => [row.slice(0, 3).join(), row]));
      const first = await rowsOf(sql);
      let [moved, all] = [0, 0];
      for (const row of first) {
        const true_ = exact.get(row.slice(0, 3).join()) ?? [];
        const [count, sum] = [Number(row[3]) - Number(true_[3]), Number(row[4]) - Number(true_[4])];
        t.ok(Math.abs(count) <= 5.5 * 8 && Math.abs(sum) <= 5.5 * 8 * 2100);
        moved += Number(count !== 0) + Number(sum !== 0);
        all += 2;
      }
      t.ok(all > 100 && moved > all * 0.6, `${moved} of ${all} moved`);
      t.same(await rowsOf(sql), first, "asked again: the same");
      await addHidden(connection, sampleSchema, "another family");
      t.notSame(await rowsOf(sql), first);
      await addHidden(connection, sampleSchema);
      t.same(await rowsOf(sql), first, "the first family again");
    },
  );

  t.test("the threshold has a sticky margin of at most three owners", async (t) => {
    const sized = await openPeople();
    // Twelve groups each of 9, 10, … 14 people.
    await sized.run(`UPDATE person SET district = (SELECT size || '.' || copy FROM (SELECT size, copy, sum(size) OVER (ORDER BY size, copy) AS upto
      FROM range(9, 15) s(size), range(12) c(copy)) g WHERE id_card < upto AND id_card >= upto - size)`);
    await addHidden(sized, sampleSchema);
    const sql = "SELECT district, count(*) FROM person WHERE district IS NOT NULL GROUP BY district";
    const shown = (await show(sql, sampleSchema, sized, rules)).rows.map(([district]) => Number(String(district).split(".")[0]));
    const times = (size: number): number => shown.filter((one) => one === size).length;
    t.equal(times(9), 0);
    t.ok(times(10) > 0 && times(10) < 12, `${times(10)} of 12 groups of ten`);
    t.ok(times(10) <= times(12) && times(12) < 12 + 1, `${times(12)} of 12 groups of twelve`);
    t.same([times(13), times(14)], [12, 12]);
  });

  t.test("without the family's secret nothing is shown", async (t) => {
    await connection.run("DELETE FROM __noise");
    t.same(await rowsOf("SELECT count(*), sum(income) FROM person"), []);
    await addHidden(connection, sampleSchema);
  });
});
