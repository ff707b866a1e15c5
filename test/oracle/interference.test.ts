import t from "tap";
import type { Value } from "./ast.ts";
import { type Case, withoutRules } from "./database.ts";
import { Engine, isSame, tableSql } from "./engine.ts";
import { printQuery } from "./print.ts";
import { answer } from "./query.ts";
import { type CheckCase, runCases, sampleOf } from "./run-cases.ts";
import type { Statement } from "./statements.ts";
import type { World } from "./world.ts";

/**
 * Nothing of the rules is read here: a figure that is shown and is what the plain engine says must not hang on fewer than k
 * owners of one kind, whether they leave or their measures grow by less than any step of a grid.
 */
const sample = sampleOf(250, 20_261_127);
const less = 0.125;

type Kind = "person" | "firm";

function ownersOf(world: World, kind: Kind): readonly Value[] {
  const keys = world.tables.flatMap(({ columns, rows }) => {
    const at = columns.findIndex((column) => column.kind === kind);
    return at < 0 ? [] : rows.map((row) => row[at] ?? null);
  });
  return [...new Set(keys.filter((key) => key !== null))];
}

/** The world without one owner, or with a little more in each of the owner's measures. */
function changed(world: World, kind: Kind, owner: Value, isGone: boolean): World {
  return {
    ...world,
    tables: world.tables.map((table) => {
      const at = table.columns.findIndex((column) => column.kind === kind);
      if (at < 0) return table;
      if (isGone) return { ...table, rows: table.rows.filter((row) => row[at] !== owner) };
      const more = (value: Value, i: number): Value =>
        table.columns[i]?.role === "measure" && typeof value === "number" ? value + less : value;
      return { ...table, rows: table.rows.map((row) => (row[at] === owner ? row.map(more) : row)) };
    }),
  };
}

type Rows = readonly (readonly Value[])[];

const rowOf = (rows: Rows, group: readonly Value[]): readonly Value[] | undefined =>
  rows.find((row) => group.every((key, at) => isSame(key, row[at] ?? null)));

interface ShownFigure {
  /** Counts move with owners alone: a little more may carry a measure over the end of a range that is open there. */
  readonly isCount: boolean;
  readonly group: readonly Value[];
  readonly at: number;
  readonly value: Value;
}

/** Figures of one aggregate each that are shown as they are. What is computed from several is no figure of one set of owners. */
function shownFigures(
  { query, keys = 0 }: Statement,
  plain: Rows,
  shown: readonly (readonly unknown[])[],
): readonly ShownFigure[] {
  if (query.k !== "select") return [];
  return plain.flatMap((row) => {
    const group = row.slice(0, keys);
    const own = shown.find((one) => group.every((key, at) => isSame(key, one[at] ?? null)));
    return row.flatMap((value, at): readonly ShownFigure[] => {
      const expr = query.items[at]?.expr;
      // How many firms there are hangs on whoever alone works in one: a number of owners is judged by those that it counts.
      const isFigure = at >= keys && expr?.k === "agg" && !expr.distinct;
      return isFigure && own?.[at] !== undefined && own[at] !== null && isSame(value, own[at])
        ? [{ isCount: expr.fn === "count", group, at, value }]
        : [];
    });
  });
}

/** Statements of one release that hangs on no other, whose rows nobody chose by what they hold. */
function isPlain({ query, keys }: Statement, sql: string): boolean {
  if (keys === undefined || query.k !== "select" || query.having !== undefined || query.limit !== undefined) return false;
  return !sql.includes("AS n FROM person");
}

function checkOf(engine: Engine, count: { figures: number }): CheckCase {
  return async (statement, world) => {
    const sql = printQuery(statement.query);
    if (!isPlain(statement, sql)) return undefined;
    const governed = await engine.compile(sql, false);
    if (governed.kind === "refused") return undefined;
    const free = withoutRules(world);
    // Who leaves an outer join leaves an empty row behind, so that the rows are as many as before: there only measures move.
    const changes = /(LEFT|RIGHT) JOIN/.test(sql) ? [false] : [true, false];
    const figures = shownFigures(statement, answer(statement.query, free), await engine.run(governed.draft));
    count.figures += figures.length;
    if (figures.length === 0) return undefined;
    for (const kind of ["person", "firm"] as const) {
      const influence = new Map<ShownFigure, number>();
      for (const owner of ownersOf(world, kind)) {
        const variants = changes.map((isGone) => ({ isGone, rows: answer(statement.query, changed(free, kind, owner, isGone)) }));
        for (const figure of figures) {
          const hangs = variants.some(({ isGone, rows }) => (isGone || !figure.isCount) && !isUnmoved(figure, rows));
          influence.set(figure, (influence.get(figure) ?? 0) + (hangs ? 1 : 0));
        }
      }
      const [found] = [...influence].filter(([, owners]) => owners > 0 && owners < world.rules.minOwners);
      if (found !== undefined) return report(sql, found, kind, world);
    }
    return undefined;
  };
}

function isUnmoved({ group, at, value }: ShownFigure, rows: Rows): boolean {
  const other = rowOf(rows, group)?.[at];
  if (typeof value !== "number" || typeof other !== "number") return other === value;
  return Math.abs(value - other) <= 1e-10 * Math.max(Math.abs(value), Math.abs(other));
}

function report(sql: string, [figure, owners]: readonly [ShownFigure, number], kind: Kind, world: Case): string {
  const tables = world.tables.map(tableSql).join("\n");
  return `${JSON.stringify(figure)} hangs on ${owners} ${kind}s: ${sql}\n${JSON.stringify(world.rules)}\n${tables}`;
}

t.test(`no figure hangs on fewer than k owners of a kind (seed ${sample.seed})`, async (t) => {
  const engine = await Engine.open();
  t.teardown(() => engine.close());
  const count = { figures: 0 };
  const failure = await runCases(engine, sample, checkOf(engine, count));
  t.equal(failure, undefined, failure ?? "none does");
  t.ok(count.figures > sample.cases / 4, `${count.figures} figures were shown`);
});
