import t from "tap";
import { platformFloor, type ReleaseRules } from "../../../src/policy/query/index.ts";
import { show } from "../../policy/query/duckdb-harness.ts";
import { openPeople } from "../../policy/query/people-database.ts";
import { addHidden } from "../../policy/query/provisioned.ts";
import { sampleSchema } from "../../policy/query/sample-schema.ts";

// Noise of whole steps would leave every figure exact modulo the step, and the step is one owner's contribution: it could be
// read from sums of parts, and the difference of two sums would give away whoever is in the one and not in the other.

const rules: ReleaseRules = { ...platformFloor, mode: "cell-key" };

/** How far a number is from a whole multiple of the step, in steps: 0 … 0.5. */
const residue = (value: number, step: number): number => Math.abs(value / step - Math.round(value / step));

for (const profiled of [false, true]) {
  const how = profiled ? "certified" : "counted owner by owner";
  t.test(`no figure is exact modulo the step of its noise, ${how}`, async (t) => {
    const connection = await openPeople();
    t.teardown(() => connection.closeSync());
    if (profiled)
      // Enough rows that every cell is certified, with contributions of 1 … 8 rows.
      await connection.run(
        "INSERT INTO visit SELECT id_card + 1000 * r, hospital, icd10, visit_date, cost FROM visit, range(1, 40) c(r)",
      );
    await addHidden(connection, sampleSchema, "family", profiled);
    const rowsOf = async (sql: string, as: ReleaseRules) =>
      new Map((await show(sql, sampleSchema, connection, as)).rows.map(([key, ...rest]) => [String(key), rest.map(Number)]));
    const sums =
      "SELECT hospital, sum(cost), sum(cost) FILTER (WHERE icd10 = 'I10'), sum(cost) FILTER (WHERE icd10 <> 'I10') FROM visit GROUP BY hospital";
    const [exact, shown] = [await rowsOf(sums, platformFloor), await rowsOf(sums, rules)];
    const whole = "SELECT max(s) FROM (SELECT sum(cost) AS s FROM visit GROUP BY id_card, hospital)";
    const [[most] = []] = (await connection.runAndReadAll(whole)).getRowsJson();
    const steps = profiled ? [2 ** Math.ceil(Math.log2(Number(most)))] : [];
    for (const [hospital, [s = 0, a = 0, b = 0]] of shown) {
      const [true_ = [], own] = [
        exact.get(hospital),
        (
          await connection.runAndReadAll(
            `SELECT max(s) FROM (SELECT sum(cost) AS s FROM visit WHERE hospital = '${hospital}' GROUP BY id_card)`,
          )
        ).getRows()[0]?.[0],
      ];
      for (const step of [...steps, Number(own)]) {
        t.ok(residue(s - (true_[0] ?? 0), step) > 1e-4, `${hospital}: a sum is not a whole number of steps from the true one`);
        t.ok(residue(s - a - b, step) > 1e-4, `${hospital}: nor is a sum from its parts`);
      }
    }
    // Somebody has eight visits: a count must not keep its remainder by eight.
    const counts =
      "SELECT p.district, count(*) FILTER (WHERE p.gender = 'M'), count(*) FILTER (WHERE p.gender = 'F') FROM visit v JOIN person p USING (id_card) GROUP BY p.district";
    const [before, after] = [await rowsOf(counts, platformFloor), await rowsOf(counts, rules)];
    const pairs = [...after].flatMap(([district, numbers]) => numbers.map((n, i) => n - (before.get(district)?.[i] ?? 0)));
    const kept = pairs.filter((change) => change % 8 === 0).length;
    t.ok(pairs.length === 10 && kept < 5, `${kept} of ${pairs.length} counts keep their remainder by eight`);
  });
}
