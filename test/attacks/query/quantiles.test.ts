import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import { type AgreementSchema, platformFloor } from "../../../src/policy/query/index.ts";
import { compileText, show } from "../../policy/query/duckdb-harness.ts";
import { numbersFrom } from "./random-statement.ts";

const grid = 100;
const schema: AgreementSchema = {
  tables: [
    {
      name: "r",
      grade: "protected",
      subjects: [
        { kind: "person", column: "id", unique: false },
        { kind: "firm", column: "firm", unique: false },
      ],
      columns: [
        { name: "id", type: "VARCHAR", role: "identifier" },
        { name: "firm", type: "VARCHAR", role: "identifier" },
        { name: "g", type: "VARCHAR", role: "quasi-identifier" },
        { name: "x", type: "DECIMAL(12,2)", role: "measure", grid },
      ],
    },
  ],
};
/** The same without the firms. */
const ofPersons: AgreementSchema = {
  tables: schema.tables.map((table) => ({
    ...table,
    subjects: table.subjects.slice(0, 1),
    columns: table.columns.filter(({ name }) => name !== "firm"),
  })),
};

interface Row {
  readonly id: number | null;
  readonly firm?: number;
  readonly g?: string;
  readonly x: number | null;
}

const instance = await DuckDBInstance.create(":memory:");
const connection: DuckDBConnection = await instance.connect();
t.teardown(() => connection.closeSync());

async function fill(rows: readonly Row[]): Promise<void> {
  const values = rows.map(({ id, firm = 1, g = "a", x }) => `(${id ?? "NULL"}, ${firm}, '${g}', ${x ?? "NULL"})`);
  await connection.run("CREATE OR REPLACE TABLE r (id BIGINT, firm BIGINT, g VARCHAR, x DECIMAL(12,2))");
  await connection.run(`INSERT INTO r VALUES ${values.join(", ")}`);
}

/** Figures of one row, and the verdicts of all points. */
async function ask(sql: string, rows?: readonly Row[], tables = ofPersons) {
  if (rows !== undefined) await fill(rows);
  const { rows: shown, evidence } = await show(sql, tables, connection);
  const verdicts = evidence.flatMap((cell) =>
    Object.entries(cell).flatMap(([name, value]) => (/^q\d+p\d+_verdict$/.test(name) ? [value] : [])),
  );
  return { shown, verdicts };
}

const people = (count: number, x: (at: number) => number | null, from = 0): Row[] =>
  Array.from({ length: count }, (_unused, at) => ({ id: from + at, x: x(at) }));

t.test("a median of two, and a point that only few people are beyond", async (t) => {
  const two = await ask(
    "SELECT median(x) FROM r",
    people(2, (at) => 50 + at),
  );
  t.same([two.shown, two.verdicts], [[], ["owners"]]);
  const crowd = people(220, (at) => at / 10);
  for (const [share, verdict] of [
    ["0.05", "pass"],
    ["0.95", "pass"],
    ["0.045454", "position"],
    ["0.955", "position"],
    ["0.999", "position"],
    ["0.000001", "position"],
  ] as const)
    t.same((await ask(`SELECT quantile_cont(x, ${share}) FROM r`, crowd)).verdicts, [verdict], share);
});

t.test("two points that bracket fewer than k people, however they are written", async (t) => {
  await fill(people(200, (at) => at / 10));
  for (const [list, verdicts] of [
    ["[0.5, 0.55]", ["pass", "pass"]],
    ["[0.5, 0.549]", ["pass", "position"]],
    ["[0.6, 0.5, 0.55]", ["pass", "pass", "pass"]],
  ] as const)
    t.same((await ask(`SELECT quantile_cont(x, ${list}) FROM r`)).verdicts, verdicts, list);
  const apart = "SELECT quantile_disc(x, 0.5), percentile_cont(0.495) WITHIN GROUP (ORDER BY x DESC) FROM r";
  t.same((await ask(apart)).shown, [[50, null]]);
  const scaled = "SELECT median(x), quantile_cont(-x / 2, 0.49) FROM r";
  t.same((await ask(scaled)).shown, [[50, null]]);
  t.same(
    (await ask("SELECT quantile_cont(x, [0.5, 0.51]), count(*) FROM r")).shown,
    [[null, "200"]],
    "a list is shown whole or not at all",
  );
  const sameRows = "SELECT median(x), quantile_cont(x, 0.51) FILTER (WHERE g <> 'z') FROM r";
  t.same((await ask(sameRows)).shown, [[50, null]]);
  t.same((await ask("SELECT median(x), median(x) FILTER (WHERE g <> 'z') FROM r")).shown, [[50, 50]], "the same figure twice");
  const turned = "SELECT quantile_cont(x, 0.51) FILTER (WHERE g = 'a'), median(x) FILTER (WHERE g <> 'z') FROM r";
  t.same((await ask(turned)).shown, [[50, null]]);
  t.same((await ask("SELECT median(x), quantile_cont(x, [0.5]), quantile_disc(x, 0.5) FROM r")).verdicts, ["pass"]);
});

t.test("rows that differ by a few people", async (t) => {
  const crowd = people(200, (at) => at / 10);
  const few = (count: number, g: string) => people(count, () => 5, 1000 + (g === "t" ? 0 : 100)).map((row) => ({ ...row, g }));
  const nested = "SELECT median(x), median(x) FILTER (WHERE g = 'a') FROM r";
  t.same((await ask(nested, [...crowd, ...few(1, "t")])).verdicts, ["pass", "complement"]);
  t.same((await ask(nested, [...crowd, ...few(10, "t")])).verdicts, ["pass", "pass"]);
  const outside = "SELECT median(x) FILTER (WHERE g = 'a'), median(x) FROM r";
  t.same((await ask(outside, [...crowd, ...few(1, "t")])).verdicts, ["complement", "pass"]);
  const crossing = "SELECT median(x) FILTER (WHERE g <> 't'), median(x) FILTER (WHERE g <> 'u') FROM r";
  t.same((await ask(crossing, [...crowd, ...few(1, "t"), ...few(20, "u")])).verdicts, ["pass", "complement"]);
  t.same((await ask(crossing, [...crowd, ...few(10, "t"), ...few(10, "u")])).verdicts, ["pass", "pass"]);
  const excluding = "SELECT median(x) FILTER (WHERE g = 'a'), median(x) FILTER (WHERE g = 'u') FROM r";
  t.same((await ask(excluding, [...crowd, ...few(30, "u")])).verdicts, ["pass", "pass"]);
  // How many rows a quantile has is not shown: a few without a value betray nobody.
  t.same((await ask("SELECT count(*), median(x) FROM r", [...crowd, { id: 999, x: null }])).shown, [["201", 50]]);
});

t.test("a point far from most people", async (t) => {
  const outliers = people(40, (at) => 100 * at);
  t.same((await ask("SELECT median(x), quantile_cont(x, 0.75) FROM r", outliers)).verdicts, ["neighbours", "neighbours"]);
  const gap = [...people(20, (at) => at / 10), ...people(20, (at) => 5000 + at, 100)];
  t.same((await ask("SELECT median(x) FROM r", gap)).verdicts, ["neighbours"]);
  const oneInTheMiddle = [...gap, { id: 500, x: 2500 }];
  t.same((await ask("SELECT median(x), count(*) FROM r", oneInTheMiddle)).shown, [[null, "41"]]);
  const edge = [...people(50, () => 0), ...people(50, () => 1000, 100)];
  t.same(
    (await ask("SELECT quantile_cont(x, 0.49), quantile_cont(x, 0.38) FROM r", edge)).verdicts,
    ["pass", "neighbours"],
    "the value of many, at whose end the point stands",
  );
  t.same(
    (
      await ask(
        "SELECT median(x) FROM r",
        people(30, () => 0),
      )
    ).shown,
    [[50]],
    "ties stand on both sides",
  );
});

t.test("one owner's many rows are one owner", async (t) => {
  const many = Array.from({ length: 300 }, () => ({ id: 7, x: 5000 }));
  t.same((await ask("SELECT median(x) FROM r", [...people(100, (at) => at), ...many])).verdicts, ["neighbours"]);
  const flanked = [
    ...people(500, (at) => at / 1000),
    ...people(10, () => 4990, 1000),
    ...Array.from({ length: 1000 }, () => ({ id: 7, x: 5000 })),
    ...people(10, () => 5010, 2000),
  ];
  t.same((await ask("SELECT median(x) FROM r", flanked)).verdicts, ["neighbours"], "without that one the median is elsewhere");
  const keyless = Array.from({ length: 1000 }, () => ({ id: null, x: 5000 }));
  t.same(
    (await ask("SELECT median(x) FROM r", [...people(500, (at) => at / 1000), ...keyless, ...people(500, () => 9000, 1000)]))
      .verdicts,
    ["neighbours"],
  );
  const few = Array.from({ length: 900 }, (_unused, at) => ({ id: at % 9, x: at % 50 }));
  t.same((await ask("SELECT median(x) FROM r", few)).verdicts, ["owners"]);
  const nine = [...few, ...people(200, (at) => (at < 100 ? -5000 : 5000), 100)];
  t.same((await ask("SELECT median(x) FROM r", nine)).verdicts, ["neighbours"], "nine people around the point");
});

t.test("every owner of a row is counted by itself", async (t) => {
  const crowd = (firms: number): Row[] => people(200, (at) => at / 10).map((row, at) => ({ ...row, firm: at % firms }));
  const sql = "SELECT median(x) FROM r";
  t.same((await ask(sql, crowd(25), schema)).shown, [[50]]);
  t.same((await ask(sql, crowd(19), schema)).verdicts, ["position"]);
  t.same((await ask(sql, crowd(9), schema)).verdicts, ["owners"]);
  const firms = [
    ...crowd(25).map((row) => ({ ...row, firm: 1 })),
    ...people(20, (at) => (at < 10 ? -900 : 900), 500).map((row, at) => ({ ...row, firm: 2 + at })),
  ];
  t.same((await ask(sql, firms, schema)).verdicts, ["dominance"]);
});

t.test("a quantile alone shows no group whose point is kept back", async (t) => {
  const rows = [
    ...people(40, (at) => 1000 * at).map((row) => ({ ...row, g: "scattered" })),
    ...people(40, (at) => at, 100).map((row) => ({ ...row, g: "dense" })),
  ];
  t.same((await ask("SELECT g, median(x) FROM r GROUP BY g", rows)).shown, [["dense", 50]]);
  t.same((await ask("SELECT g FROM r GROUP BY g HAVING median(x) > 0", rows)).shown, [["dense"]]);
});

t.test("a point is told by the ends of steps alone, which conditions may ask for as well", async (t) => {
  const at = async (x: number): Promise<unknown> =>
    (
      await ask(
        "SELECT median(x) FROM r",
        people(41, () => x),
      )
    ).shown[0]?.[0];
  t.same([await at(0), await at(99.99), await at(100), await at(-0.01)], [50, 50, 150, -50]);
});

/** Design §5 read once more, by counting and without any SQL. */
function isSafe(rows: readonly Row[], share: number, k: number): boolean {
  const sorted = rows.flatMap(({ id, x }) => (x === null ? [] : [{ id, x }])).toSorted((a, b) => a.x - b.x);
  const owners = new Set(sorted.map(({ id }) => id).filter((id) => id !== null));
  if (owners.size * Math.min(share, 1 - share) < k - 1e-9) return false;
  const place = share * (sorted.length - 1);
  const point = pointOf(sorted, share);
  const within = (from: number, to: number) =>
    new Set(sorted.filter(({ x, id }) => id !== null && x >= from && x <= to).map(({ id }) => id));
  const [low, high] = [sorted[Math.floor(place) - k], sorted[Math.ceil(place) + k]];
  if (low === undefined || high === undefined || low.x < point - grid || high.x > point + grid) return false;
  return within(point - grid, point).size >= k && within(point, point + grid).size >= k;
}

function pointOf(sorted: readonly { readonly x: number }[], share: number): number {
  const place = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(place)]?.x ?? Number.NaN, sorted[Math.ceil(place)]?.x ?? Number.NaN];
  return low + (place - Math.floor(place)) * (high - low);
}

t.test("whoever leaves, the point stays within one step; what only one row each makes safe is shown", async (t) => {
  const k = 3;
  const rules = { ...platformFloor, minOwners: k };
  let [shownPoints, hidden] = [0, 0];
  for (let seed = 1; seed <= 40; seed++) {
    const next = numbersFrom(seed);
    const unique = seed % 2 === 0;
    const size = 12 + Math.floor(next() * 60);
    const spread = [150, 600, 3000][seed % 3] ?? 600;
    const rows: Row[] = Array.from({ length: size }, (_unused, at) => ({
      id: unique ? at : next() < 0.05 ? null : Math.floor(next() * next() * size * 0.7),
      x: next() < 0.1 ? null : Math.floor(next() * spread * 100) / 100,
    }));
    const share = [0.1, 0.25, 0.5, 0.75][Math.floor(next() * 4)] ?? 0.5;
    await fill(rows);
    const { rows: shown } = await show(`SELECT quantile_cont(x, ${share}) FROM r`, ofPersons, connection, rules);
    const safe = isSafe(rows, share, k);
    const [figure] = shown.flat();
    if (unique) t.equal(figure !== undefined, safe, `seed ${seed}: shown where it is safe, and only there`);
    else if (!safe) t.equal(figure, undefined, `seed ${seed}`);
    if (figure === undefined) {
      hidden += 1;
      continue;
    }
    shownPoints += 1;
    const there = rows.flatMap(({ id, x }) => (x === null ? [] : [{ id, x }])).toSorted((a, b) => a.x - b.x);
    const point = pointOf(there, share);
    t.equal(figure, Math.floor(point / grid + 1e-9) * grid + grid / 2);
    const owners = [...new Set(there.map(({ id }) => id))];
    const moved = owners.flatMap((one, i) =>
      owners.slice(i).map((other) =>
        Math.abs(
          pointOf(
            there.filter(({ id }) => id !== one && id !== other),
            share,
          ) - point,
        ),
      ),
    );
    t.ok(Math.max(...moved) <= grid + 1e-9, `seed ${seed}: any two left out`);
  }
  t.ok(shownPoints >= 8 && hidden >= 8, `the cases decide both ways: ${shownPoints} shown, ${hidden} hidden`);
});

t.test("a grid of any fineness", async (t) => {
  const fine = {
    tables: ofPersons.tables.map((table) => ({ ...table, columns: table.columns.map((column) => ({ ...column, grid: 1e-7 })) })),
  };
  const { shown } = await ask(
    "SELECT median(x) FROM r",
    people(41, () => 3.25),
    fine,
  );
  t.ok(Math.abs(Number(shown[0]?.[0]) - 3.25) <= 1e-7);
});

t.test("no constant, cast or function in a quantile can fail on somebody's row", async (t) => {
  const outcome = await compileText("SELECT quantile_cont(x / 0, 0.5) FROM r", ofPersons);
  t.equal(outcome.kind === "refused" && outcome.refusal.code, "QUERY_MEASURE_SHAPE");
});
