import { type Agg, col, type Expr, fn, type Item, lit, type Query, type Select } from "./ast.ts";
import type { Choices } from "./choices.ts";
import { condition, emptySelect, existence, groupKey } from "./conditions.ts";
import { type Known, ofKind, Scope } from "./scope.ts";
import { ownedSource } from "./sources.ts";
import type { World } from "./world.ts";

const agg = (name: string, args: readonly Expr[], filter?: Expr, distinct = false): Agg => ({
  k: "agg",
  fn: name,
  args,
  distinct,
  filter,
});

/** What may be added up: measures and totals, scaled, shifted, under conditions. */
function summand(scope: Scope, columns: readonly Known[]): Expr {
  const c = scope.choices;
  const adding = columns.filter((known) => known.adds);
  const dates = ofKind(columns, "date");
  if (adding.length === 0) return when(scope, columns, lit(1), lit(0));
  const x = c.pick(adding).ref;
  const stored = ofKind(columns, "measure").filter((known) => known.adds);
  switch (c.below(14)) {
    case 5:
      return fn("+", fn("*", x, lit(c.pick([2, -1, 3]))), lit(c.pick([3, 10])));
    case 6:
      return when(scope, columns, x, lit(c.pick([0, 1000, 5, null])));
    case 7:
      return fn("coalesce", x, lit(c.pick([0, 5])));
    case 8:
      return when(scope, columns, lit(1), lit(c.pick([0, 2])));
    case 9:
      return fn(c.pick(["+", "-"]), x, c.pick(adding).ref);
    case 10:
      return stored.length === 0 ? x : fn("*", c.pick(stored).ref, c.pick(stored).ref);
    case 11:
      return fn("/", x, lit(c.pick([2, 4])));
    case 12:
      return dates.length === 0 ? x : fn("year", c.pick(dates).ref);
    case 13:
      return when(scope, columns, x, when(scope, columns, c.pick(adding).ref, lit(c.pick([1, null]))));
    default:
      return x;
  }
}

function when(scope: Scope, columns: readonly Known[], gives: Expr, otherwise: Expr): Expr {
  return { k: "case", branches: [{ when: condition(scope, columns, 1), gives }], otherwise };
}

function figure(scope: Scope, columns: readonly Known[]): Agg {
  const c = scope.choices;
  const filter = c.chance(30) ? condition(scope, columns, 1) : undefined;
  const keys = ofKind(columns, "key");
  const measures = ofKind(columns, "measure").filter((known) => known.adds);
  const words = ofKind(columns, "word");
  switch (c.below(12)) {
    case 0:
    case 1:
      return agg("count", [], filter);
    case 2:
    case 3:
      return agg("sum", [summand(scope, columns)], filter);
    case 4:
      return agg("avg", [summand(scope, columns)], filter);
    case 5:
      return keys.length === 0 ? agg("count", []) : agg("count", [c.pick(keys).ref], filter, true);
    case 6:
      return keys.length === 0
        ? agg("count", [])
        : agg("count", [when(scope, columns, c.pick(keys).ref, lit(null))], filter, true);
    case 7:
      return agg("count", [c.pick([...columns]).ref], filter);
    case 8:
      return measures.length === 0
        ? agg("count", [])
        : agg(c.pick(["var_samp", "var_pop", "stddev"]), [c.pick(measures).ref], filter);
    case 9:
      return measures.length === 0
        ? agg("count", [])
        : agg(c.pick(["covar_pop", "covar_samp", "corr"]), [c.pick(measures).ref, c.pick(measures).ref], filter);
    case 10:
      return words.length === 0 ? agg("count", []) : agg("count", [c.pick(words).ref], filter, true);
    default:
      return agg("count", [when(scope, columns, lit(1), lit(null))], filter);
  }
}

interface Figure {
  readonly expr: Expr;
  readonly isNumber: boolean;
}

/** A figure, or something computed from two. */
function shown(scope: Scope, columns: readonly Known[]): Figure {
  const c = scope.choices;
  const one = figure(scope, columns);
  const number = (expr: Expr): Figure => ({ expr, isNumber: true });
  if (!c.chance(20)) return number(one);
  const two = figure(scope, columns);
  return c.pick<() => Figure>([
    () => number(fn("/", one, fn("nullif", two, lit(0)))),
    () => number(fn("coalesce", one, lit(-1))),
    () => number(fn("greatest", one, two)),
    () => number(fn("-", one, two)),
    () => number(fn("least", one, lit(12))),
    () => ({
      expr: {
        k: "case",
        branches: [{ when: { k: "cmp", op: ">", left: one, right: lit(9) }, gives: lit("many") }],
        otherwise: lit("few"),
      },
      isNumber: false,
    }),
  ])();
}

export interface Statement {
  readonly query: Query;
  /** Leading columns of the result that are group keys of one release; undefined where the result is no single release. */
  readonly keys: number | undefined;
}

interface Released {
  readonly select: Select;
  readonly numbers: readonly string[];
  readonly keys: number;
}

/** SELECT figures FROM rows of owners. */
function released(scope: Scope, most: readonly number[] = [1, 1, 1, 2, 2, 3]): Released {
  const c = scope.choices;
  const source = ownedSource(scope);
  const { columns } = source;
  const where: Expr[] = Array.from({ length: c.pick([0, 0, 1, 0, 2]) }, () => condition(scope, columns, 1));
  const exists = c.chance(18) ? existence(scope, columns) : undefined;
  if (exists !== undefined) where.push(exists);
  const keys = Array.from({ length: c.pick([0, 1, 1, 0, 1, 0, 2]) }, () => groupKey(scope, columns));
  const figures = Array.from({ length: c.pick(most) }, () => shown(scope, columns));
  const items: readonly Item[] = [
    ...keys.map((expr, at) => ({ as: `g${at}`, expr })),
    ...figures.map(({ expr }, at) => ({ as: `a${at}`, expr })),
  ];
  const having: Expr | undefined = c.chance(15)
    ? { k: "cmp", op: c.pick([">=", "<"]), left: figure(scope, columns), right: lit(c.pick([4, 10, 0])) }
    : undefined;
  const isOrdered = c.chance(15);
  const order = isOrdered ? [{ expr: c.pick(items).expr, desc: c.chance(50) }] : [];
  const limit = isOrdered ? 1 + c.below(4) : undefined;
  const from =
    source.from.k === "join" && source.from.kind === "inner" && c.chance(25) ? { ...source.from, comma: true } : source.from;
  const groupBy = keys.length === 0 ? undefined : keys;
  return {
    select: { ...emptySelect(from), items, where, groupBy, having, order, limit },
    numbers: figures.flatMap(({ isNumber }, at) => (isNumber ? [`a${at}`] : [])),
    keys: keys.length,
  };
}

/** SELECT over figures that have been released. */
function overReleased(scope: Scope): Query {
  const c = scope.choices;
  const inner = released(scope, [1, 1, 2]);
  const as = scope.alias();
  const from = { k: "query", query: inner.select, as, cte: c.chance(60) } as const;
  const number = (): Expr => (inner.numbers.length === 0 ? lit(1) : col(as, c.pick(inner.numbers)));
  const where: readonly Expr[] = c.chance(40)
    ? [{ k: "cmp", op: c.pick([">", "<="]), left: number(), right: lit(c.pick([8, 20, 3])) }]
    : [];
  if (c.chance(40)) {
    const items = inner.select.items.map((item): Item => ({ as: item.as, expr: col(as, item.as) }));
    return { ...emptySelect(from), items, where };
  }
  const keys: readonly Expr[] = inner.keys > 1 && c.chance(50) ? [col(as, "g0")] : [];
  const items = [
    ...keys.map((expr) => ({ as: "g0", expr })),
    { as: "n", expr: agg("count", []) },
    { as: "s", expr: agg(c.pick(["sum", "max", "min", "avg"]), [number()]) },
  ];
  return { ...emptySelect(from), items, where, groupBy: keys.length === 0 ? undefined : keys };
}

/** Two releases of one shape, one after the other. */
function unionOf(scope: Scope): Query {
  const c = scope.choices;
  const parts = [0, 1].map((): Select => {
    const source = ownedSource(scope);
    const words = ofKind(source.columns, "word");
    const keys = words.length === 0 ? [] : [c.pick(words).ref];
    const key: Expr = keys[0] ?? lit("all");
    const items = [
      { as: "g0", expr: key },
      { as: "a0", expr: figure(scope, source.columns) },
    ];
    return { ...emptySelect(source.from), items, groupBy: keys.length === 0 ? undefined : keys };
  });
  return { k: "union", parts };
}

/** One statement over a world's tables. */
export function createStatement(choices: Choices, world: World): Statement {
  const scope = new Scope(choices, world);
  const form = choices.below(10);
  if (form === 8) return { query: overReleased(scope), keys: undefined };
  if (form === 9) return { query: unionOf(scope), keys: undefined };
  const { select, keys } = released(scope);
  return { query: select, keys };
}
