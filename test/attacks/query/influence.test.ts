import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import { sameValue } from "../../../scripts/corpus/compare.ts";
import { corpusTables } from "../../../scripts/corpus/tables.ts";
import { type AgreementSchema, platformFloor } from "../../../src/policy/query/index.ts";
import { compileText, runPlan, sealText } from "../../policy/query/duckdb-harness.ts";
import { randomOwnedStatements } from "./random-owned-statement.ts";
import { numbersFrom, randomStatements } from "./random-statement.ts";

/**
 * Nothing of the rules is read again here: a figure that is shown and says what the plain engine says must not hang on
 * fewer than k people, whether they leave or their incomes and costs change a little. Neither may the difference of two
 * figures of one row hang on the values of fewer.
 */
const fewest = 4;
const rules = { ...platformFloor, minOwners: fewest };
const seeds = process.env["HANGUANG_SEEDS"]?.split(",").map(Number) ?? [3];
const perSeed = 8;
const size = 26;

const schema: AgreementSchema = {
  tables: corpusTables
    .filter(({ name }) => name !== "enterprise")
    .map(({ name, subject, columns }) => ({
      name,
      grade: "protected",
      subjects: [subject],
      columns: columns.filter((column) => column.role !== "identifier" || column.name === subject.column),
    })),
};

const at = <T>(list: readonly [T, ...T[]], share: number): T => list[Math.floor(share * list.length)] ?? list[0];

/** Few people, so that rare values, single visits and none at all are met often. */
async function fill(connection: DuckDBConnection, seed: number): Promise<void> {
  const next = numbersFrom(seed);
  const people: string[] = [];
  const visits: string[] = [];
  for (let id = 1; id <= size; id++) {
    const born = at(["1950-03-04", "1949-07-01", "1975-01-30", "1991-11-11", "1950-12-12"], next());
    people.push(
      `(${id}, DATE '${born}', '${at(["M", "F"], next())}', '${at(["A", "A", "A", "B", "VillageX"], next())}', ${Math.floor(next() * 90_000) + 0.25}, ${id})`,
    );
    for (let visit = Math.floor(next() * 4); visit > 0; visit--) {
      const day = at(["2024-01-05", "2024-06-10", "2024-08-08", "2024-12-24"], next());
      visits.push(
        `(${id}, '${at(["H1", "H1", "H2", "H3"], next())}', '${at(["B20", "I10", "I10", "J45"], next())}', DATE '${day}', ${Math.floor(next() * 2000) + 0.25}, ${id})`,
      );
    }
  }
  await connection.run(`
    CREATE OR REPLACE TABLE all_person AS SELECT * FROM (VALUES ${people.join(", ")}) v(id_card, birth_date, gender, district, income, __rk_id_card);
    CREATE OR REPLACE TABLE all_visit AS SELECT * FROM (VALUES ${visits.join(", ")}) v(id_card, hospital, icd10, visit_date, cost, __rk_id_card);`);
}

/** The tables without one person, or with that person's measures a little greater: across no step of any grid. */
async function setTables(connection: DuckDBConnection, id: number | undefined, change: "absent" | "more"): Promise<void> {
  for (const [table, measure] of [
    ["person", "income"],
    ["visit", "cost"],
  ] as const) {
    const values =
      change === "more" && id !== undefined ? `${measure} + CASE WHEN id_card = ${id} THEN 0.125 ELSE 0 END` : measure;
    const where = change === "absent" && id !== undefined ? ` WHERE id_card <> ${id}` : "";
    await connection.run(
      `CREATE OR REPLACE TABLE ${table} AS SELECT * REPLACE (CAST(${values} AS DOUBLE) AS ${measure}, CAST(id_card AS BIGINT) AS id_card) FROM all_${table}${where}`,
    );
  }
}

type Rows = readonly (readonly unknown[])[];

const plainRows = async (connection: DuckDBConnection, sql: string): Promise<Rows> =>
  (await connection.runAndReadAll(sql)).getRowsJson();

/** The row of the same group. */
const rowLike = (rows: Rows, row: readonly unknown[], keys: number): readonly unknown[] | undefined =>
  rows.find((one) => one.slice(0, keys).every((key, i) => sameValue(key, row[i])));

interface ShownFigure {
  readonly row: readonly unknown[];
  readonly place: number;
}

const exactly = (a: unknown, b: unknown): boolean => a === b || Math.abs(Number(a) - Number(b)) <= 1e-9 * Math.abs(Number(a));

/** How many people a figure hangs on. */
function influence(figure: ShownFigure, variants: readonly Rows[], keys: number): number {
  return variants.filter((rows) => {
    const other = rowLike(rows, figure.row, keys)?.[figure.place];
    return other === undefined || !exactly(figure.row[figure.place], other);
  }).length;
}

/** The same of the difference of two. */
function influenceOnDifference(a: ShownFigure, b: ShownFigure, variants: readonly Rows[], keys: number): number {
  const difference = (row: readonly unknown[]): number => Number(row[a.place]) - Number(row[b.place]);
  return variants.filter((rows) => {
    const other = rowLike(rows, a.row, keys);
    return other !== undefined && Math.abs(difference(other) - difference(a.row)) > 1e-4;
  }).length;
}

async function variantsOf(connection: DuckDBConnection, sql: string, change: "absent" | "more"): Promise<readonly Rows[]> {
  const variants: Rows[] = [];
  for (let id = 1; id <= size; id++) {
    await setTables(connection, id, change);
    variants.push(await plainRows(connection, sql));
  }
  return variants;
}

t.test("what this test looks for is found where nothing is governed", async (t) => {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  t.teardown(() => {
    connection.closeSync();
    instance.closeSync();
  });
  await fill(connection, 3);
  const sql =
    "SELECT sum(CASE WHEN id_card = 7 THEN income ELSE 1000 END) AS a0, sum(income) AS a1, sum(income) FILTER (WHERE id_card <> 7) AS a2 FROM person";
  await setTables(connection, undefined, "absent");
  const [row = []] = await plainRows(connection, sql);
  const variants = await variantsOf(connection, sql, "more");
  t.equal(influence({ row, place: 0 }, variants, 0), 1, "one income under everybody's constant");
  t.equal(influence({ row, place: 1 }, variants, 0), size);
  t.equal(influenceOnDifference({ row, place: 1 }, { row, place: 2 }, variants, 0), 1, "one income between two sums");
});

const sources = { "plain rows": randomStatements, "per-owner rows": randomOwnedStatements };

for (const [name, make] of Object.entries(sources))
  t.test(`no figure hangs on fewer than k people: ${name}, seeds ${seeds}`, async (t) => {
    const instance = await DuckDBInstance.create(":memory:");
    const connection = await instance.connect();
    t.teardown(() => {
      connection.closeSync();
      instance.closeSync();
    });
    let figures = 0;
    for (const seed of seeds) {
      await fill(connection, seed);
      const next = make(seed);
      for (let round = 0; round < perSeed; round++) {
        const sql = next();
        const outcome = await compileText(sql, schema, rules);
        if (outcome.kind !== "draft" || outcome.draft.resultNames.some((column) => !/^[ag]\d$/.test(column))) continue;
        await setTables(connection, undefined, "absent");
        const { rows: shown } = await runPlan(await sealText(outcome.draft), connection);
        const keys = outcome.draft.resultNames.filter((column) => column.startsWith("g")).length;
        const plain = await plainRows(connection, sql);
        const cells = shown.flatMap((row) =>
          row.flatMap((value, place): readonly ShownFigure[] => {
            const own = rowLike(plain, row, keys);
            return place < keys || value === null || own === undefined || !sameValue(own[place], value)
              ? []
              : [{ row: own, place }];
          }),
        );
        if (cells.length === 0) continue;
        const variants = { absent: await variantsOf(connection, sql, "absent"), more: await variantsOf(connection, sql, "more") };
        for (const cell of cells) {
          figures++;
          const [gone, more] = [influence(cell, variants.absent, keys), influence(cell, variants.more, keys)];
          if (gone > 0 && gone < fewest) t.fail(`seed ${seed}, a${cell.place - keys} hangs on ${gone} people: ${sql}`);
          if (more > 0 && more < fewest) t.fail(`seed ${seed}, a${cell.place - keys} hangs on the values of ${more}: ${sql}`);
          for (const other of cells) {
            if (other.row !== cell.row || other.place <= cell.place) continue;
            const both = influenceOnDifference(cell, other, variants.more, keys);
            if (both > 0 && both < fewest)
              t.fail(`seed ${seed}, a${cell.place - keys} - a${other.place - keys} hangs on the values of ${both}: ${sql}`);
          }
        }
      }
    }
    t.ok(figures > perSeed, `${figures} figures were shown`);
  });
