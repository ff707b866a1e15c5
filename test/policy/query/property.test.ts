import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import { type AgreementSchema, platformFloor } from "../../../src/policy/query/index.ts";
import { show } from "./duckdb-harness.ts";
import { atomKey, type Condition, judge, type OracleAtom, type Row } from "./naive-oracle.ts";

const seed = Number(process.env["HANGUANG_SEED"] ?? "20261124");
const rounds = Number(process.env["HANGUANG_ROUNDS"] ?? "60");
const rules = { ...platformFloor, minOwners: 3 };

/** mulberry32: the same seed, the same cases. */
function randomOf(start: number): (below: number) => number {
  let state = start >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) % below;
  };
}

const schemaOf = (two: boolean): AgreementSchema => ({
  tables: [
    {
      name: "r",
      grade: "protected",
      subjects: [
        { kind: "person", column: "owner", unique: false },
        ...(two ? [{ kind: "firm", column: "other", unique: false }] : []),
      ],
      columns: [
        { name: "owner", type: "VARCHAR", role: "identifier" },
        { name: "other", type: "VARCHAR", role: two ? "identifier" : "free-text" },
        { name: "g", type: "VARCHAR", role: "quasi-identifier" },
        { name: "flag", type: "VARCHAR", role: "attribute" },
        { name: "x", type: "INTEGER", role: "measure", grid: 10 },
      ],
    },
  ],
});

const conditions: readonly Condition[] = [
  { text: "g = 'a'", telling: false, holds: (row) => row.g === "a" },
  { text: "g <> 'b'", telling: false, holds: (row) => row.g !== "b" },
  { text: "g <> 'z'", telling: false, holds: () => true },
  { text: "flag = 'y'", telling: true, holds: (row) => row.flag === "y" },
  { text: "x >= 10", telling: true, holds: (row) => row.x !== null && row.x >= 10 },
  { text: "x < 30", telling: true, holds: (row) => row.x !== null && row.x < 30 },
];
const notTrue = (c: Condition): Condition => ({
  text: `(${c.text}) IS NOT TRUE`,
  telling: c.telling,
  holds: (row) => !c.holds(row),
});
const present: Condition = { text: "x IS NOT NULL", telling: false, holds: (row) => row.x !== null };

interface Figure {
  readonly sql: string;
  readonly atoms: readonly OracleAtom[];
  readonly value: (values: readonly number[]) => number;
}

function figureOf(random: (below: number) => number): Figure {
  const filter = conditions.filter(() => random(4) === 0);
  const suffix = filter.length === 0 ? "" : ` FILTER (WHERE ${filter.map((c) => c.text).join(" AND ")})`;
  const first = (values: readonly number[]): number => values[0] ?? 0;
  const inner = conditions[random(conditions.length)] ?? present;
  const figures: readonly Figure[] = [
    { sql: `count(*)${suffix}`, atoms: [{ base: "count", conditions: filter }], value: first },
    { sql: `count(DISTINCT owner)${suffix}`, atoms: [{ base: "owners", conditions: filter }], value: first },
    { sql: `sum(x)${suffix}`, atoms: [{ base: "x", conditions: filter }], value: first },
    {
      sql: `avg(x)${suffix}`,
      atoms: [
        { base: "x", conditions: filter },
        { base: "count", conditions: [...filter, present] },
      ],
      value: ([sum = 0, count = 0]) => sum / count,
    },
    {
      sql: `sum(CASE WHEN ${inner.text} THEN x ELSE 5 END)${suffix}`,
      atoms: [
        { base: "x", conditions: [...filter, inner] },
        { base: "count", conditions: [...filter, notTrue(inner)] },
      ],
      value: ([sum = 0, count = 0]) => sum + 5 * count,
    },
  ];
  const figure = figures[random(figures.length)];
  if (figure === undefined) throw new Error("no figure");
  return figure;
}

function rowsOf(random: (below: number) => number): readonly Row[] {
  const owners = 4 + random(8);
  return Array.from({ length: 5 + random(40) }, () => ({
    owner: random(12) === 0 ? null : `p${random(owners)}`,
    other: random(12) === 0 ? null : `f${random(6)}`,
    g: ["a", "b", "c"][random(3)] ?? "a",
    flag: [null, "y", "y", "n"][random(4)] ?? null,
    x: random(6) === 0 ? null : random(8) === 0 ? 500 : random(60) - 5,
  }));
}

async function fill(connection: DuckDBConnection, rows: readonly Row[]): Promise<void> {
  const key = (name: string | null): string => (name === null ? "NULL" : String(Number.parseInt(name.slice(1), 10) + 1));
  const text = (value: string | null): string => (value === null ? "NULL" : `'${value}'`);
  const values = rows.map(
    (row) => `(${key(row.owner)}, ${key(row.other)}, ${text(row.g)}, ${text(row.flag)}, ${row.x ?? "NULL"})`,
  );
  await connection.run("CREATE OR REPLACE TABLE r (owner BIGINT, other BIGINT, g VARCHAR, flag VARCHAR, x INTEGER)");
  await connection.run(`INSERT INTO r VALUES ${values.join(", ")}`);
}

function expectedRows(figures: readonly Figure[], rows: readonly Row[], grouped: boolean, two: boolean): readonly unknown[][] {
  const owners = [(row: Row) => row.owner, ...(two ? [(row: Row) => row.other] : [])];
  const atoms = [...new Map(figures.flatMap((f) => f.atoms).map((atom) => [atomKey(atom), atom])).values()];
  const groups = grouped ? [...new Set(rows.map((row) => row.g))].sort((a, b) => (a < b ? -1 : 1)) : [undefined];
  return groups.flatMap((g) => {
    const judged = judge(
      atoms,
      rows.filter((row) => g === undefined || row.g === g),
      owners,
      rules,
    );
    if (![...judged.values()].some((cell) => cell.verdict === "pass")) return [];
    const shown = figures.map((figure) => {
      const cells = figure.atoms.map((atom) => judged.get(atomKey(atom)));
      return cells.every((cell) => cell?.verdict === "pass") ? figure.value(cells.map((cell) => cell?.value ?? 0)) : null;
    });
    return [g === undefined ? shown : [g, ...shown]];
  });
}

t.test(`every shown cell is one that a naive reading of the rules shows (seed ${seed}, ${rounds} rounds)`, async (t) => {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  t.teardown(() => connection.closeSync());
  const random = randomOf(seed);
  let shownCells = 0;
  let hiddenCells = 0;
  for (let round = 0; round < rounds; round += 1) {
    const rows = rowsOf(random);
    const figures = Array.from({ length: 1 + random(4) }, () => figureOf(random));
    const [grouped, two] = [random(2) === 0, random(3) === 0];
    const sql = `SELECT ${grouped ? "g, " : ""}${figures.map((f) => f.sql).join(", ")} FROM r${grouped ? " GROUP BY g ORDER BY g" : ""}`;
    await fill(connection, rows);
    const { rows: shown } = await show(sql, schemaOf(two), connection, rules);
    const numbers = shown.map((row) => row.map((value, i) => (value === null || (grouped && i === 0) ? value : Number(value))));
    const expected = expectedRows(figures, rows, grouped, two);
    const cells = expected.flat();
    shownCells += cells.filter((cell) => typeof cell === "number").length;
    hiddenCells += cells.filter((cell) => cell === null).length;
    t.same(numbers, expected, `round ${round}: ${sql}`);
  }
  t.ok(
    shownCells > rounds / 3 && hiddenCells > rounds / 3,
    `the cases decide both ways: ${shownCells} shown, ${hiddenCells} hidden`,
  );
});
