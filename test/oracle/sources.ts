import { type Agg, col, type Expr, fn, type Item, type JoinKind, lit, type Win } from "./ast.ts";
import { asSource, condition, emptySelect } from "./conditions.ts";
import { type Known, ofKind, type Scope, type Source } from "./scope.ts";

const agg = (name: string, args: readonly Expr[], filter?: Expr): Agg => ({
  k: "agg",
  fn: name,
  args,
  distinct: false,
  filter,
});

interface Named extends Item {
  readonly known: Omit<Known, "ref">;
}

const aCount: Omit<Known, "ref"> = { kind: "count", owner: undefined, words: [], grid: 1, adds: true };

function named(items: readonly Named[], as: string): readonly Known[] {
  return items.map(({ as: name, known }) => ({ ...known, ref: col(as, name) }));
}

const keyItems = (columns: readonly Known[]): readonly Named[] =>
  ofKind(columns, "key").map((known, at) => ({ as: `k${at}`, expr: known.ref, known }));

/** One key of each owner: joins leave two columns of one. */
function keysOf(columns: readonly Known[]): readonly Known[] {
  const keys = ofKind(columns, "key");
  return keys.filter((known, at) => keys.findIndex((one) => one.owner === known.owner) === at);
}

/** Totals of each owner, by the owners alone or by a category as well. */
export function totals(scope: Scope): Source {
  const c = scope.choices;
  const rows = c.chance(20)
    ? joined(scope, scope.table("job"), scope.table("firm"), "inner")
    : scope.table(c.pick(["visit", "visit", "job"]));
  const [x, y] = [c.pick(ofKind(rows.columns, "measure")), c.pick(ofKind(rows.columns, "measure"))];
  const when = (): Expr => condition(scope, rows.columns, 1);
  const measure: Omit<Known, "ref"> = { ...x, adds: true };
  const shaped: Omit<Known, "ref"> = { kind: "total", owner: undefined, words: [], grid: 1, adds: true };
  const possible: readonly (() => Named)[] = [
    () => ({ as: "n", expr: agg("count", []), known: aCount }),
    () => ({ as: "s", expr: agg("sum", [x.ref]), known: measure }),
    () => ({ as: "f", expr: agg("sum", [x.ref], when()), known: measure }),
    () => ({ as: "c", expr: agg("count", [], when()), known: aCount }),
    () => ({
      as: "o",
      expr: agg("sum", [{ k: "case", branches: [{ when: when(), gives: lit(1) }], otherwise: lit(0) }]),
      known: aCount,
    }),
    () => ({
      as: "h",
      expr: agg("sum", [{ k: "case", branches: [{ when: when(), gives: x.ref }], otherwise: lit(c.pick([0, 7])) }]),
      known: shaped,
    }),
    () => ({ as: "d", expr: agg("sum", [fn("+", fn("*", x.ref, lit(2)), lit(3))]), known: shaped }),
    () => ({ as: "m", expr: agg(c.pick(["max", "min", "avg"]), [y.ref]), known: { ...y, adds: false } }),
    () => ({ as: "z", expr: agg("count", [y.ref]), known: aCount }),
  ];
  const chosen = [possible[0], possible[1], ...Array.from({ length: c.below(3) }, () => c.pick(possible))];
  const made = new Map(chosen.flatMap((make) => (make === undefined ? [] : [make()])).map((item) => [item.as, item]));
  const keys = keysOf(rows.columns);
  const held = keyItems(keys);
  const words = c.chance(15) ? ofKind(rows.columns, "word").slice(0, 1) : [];
  const categories = words.map((known): Named => ({ as: "w", expr: known.ref, known }));
  const items = [...held, ...categories, ...made.values()];
  const having = c.chance(20) ? havingOf(scope, x) : undefined;
  const query = {
    ...emptySelect(rows.from),
    items,
    where: c.chance(25) ? [when()] : [],
    groupBy: [...held, ...categories].map((item) => item.expr),
    having,
  };
  return asSource(scope, query, (as) => named(items, as));
}

function havingOf(scope: Scope, x: Known): Expr {
  const [total, least] = scope.choices.pick<readonly [Expr, number]>([
    [agg("count", []), 2],
    [agg("sum", [x.ref]), x.grid],
  ]);
  return { k: "cmp", op: scope.choices.pick([">=", "<"]), left: total, right: lit(least) };
}

/** Rows beside windows over one owner's rows. */
export function windows(scope: Scope): Source {
  const c = scope.choices;
  const rows = scope.table(c.pick(["visit", "visit", "job"]));
  const keys = keysOf(rows.columns);
  const x = c.pick(ofKind(rows.columns, "measure"));
  const partition = keys.map((known) => known.ref);
  const over = (name: string, args: readonly Expr[], isOrdered: boolean): Win => ({
    k: "win",
    fn: name,
    args,
    partition,
    order: isOrdered ? [{ expr: x.ref, desc: c.chance(50) }] : [],
  });
  const place: Omit<Known, "ref"> = { ...aCount, adds: false };
  const value: Omit<Known, "ref"> = { ...x, adds: false };
  const possible: readonly (() => Named)[] = [
    () => ({ as: "r", expr: over("row_number", [], true), known: place }),
    () => ({ as: "q", expr: over("rank", [], true), known: place }),
    () => ({ as: "b", expr: over(c.pick(["lag", "lead", "first_value"]), [x.ref], true), known: value }),
    () => ({ as: "a", expr: over("count", [], c.chance(30)), known: place }),
    () => ({ as: "u", expr: over(c.pick(["sum", "max", "min"]), [x.ref], false), known: value }),
  ];
  const made = new Map(Array.from({ length: 1 + c.below(2) }, () => c.pick(possible)()).map((item) => [item.as, item]));
  const kept = rows.columns
    .filter((known) => known.kind !== "key")
    .map((known): Named => ({ as: known.ref.name, expr: known.ref, known }));
  const items = [...keyItems(keys), ...kept, ...made.values()];
  const qualify: Expr | undefined = c.chance(25)
    ? { k: "cmp", op: "<=", left: over("row_number", [], true), right: lit(c.pick([1, 2])) }
    : undefined;
  const where = c.chance(20) ? [condition(scope, rows.columns, 1)] : [];
  return asSource(scope, { ...emptySelect(rows.from), items, where, qualify }, (as) => named(items, as));
}

/** The same rows under other names. */
export function renamed(scope: Scope, rows: Source): Source {
  const items = rows.columns.map((known, at): Named => ({ as: `c${at}`, expr: known.ref, known }));
  const where = scope.choices.chance(50) ? [condition(scope, rows.columns, 1)] : [];
  return asSource(scope, { ...emptySelect(rows.from), items, where }, (as) => named(items, as));
}

/** Joined by every kind of owner that both have. */
export function joined(scope: Scope, left: Source, right: Source, kind: JoinKind): Source {
  const [a, b] = [keysOf(left.columns), keysOf(right.columns)];
  const ties = a.flatMap((known): readonly Expr[] => {
    const [other] = b.filter((one) => one.owner === known.owner);
    return other === undefined ? [] : [{ k: "cmp", op: "=", left: known.ref, right: other.ref }];
  });
  const extra =
    kind !== "inner" && scope.choices.chance(30) ? [condition(scope, (kind === "right" ? left : right).columns, 1)] : [];
  const columns = kind === "semi" || kind === "anti" ? left.columns : [...left.columns, ...right.columns];
  return { from: { k: "join", kind, left: left.from, right: right.from, on: [...ties, ...extra], comma: false }, columns };
}

/** Nobody's columns beside somebody's, joined by what is surely unique in them. */
function besidePublic(scope: Scope, rows: Source): Source {
  const c = scope.choices;
  const [by] = rows.columns.filter((known) => known.kind === "word" && ["district", "town"].includes(known.ref.name));
  if (by === undefined) return rows;
  const side = c.pick([valuesSide, regionSide, releasedSide])(scope);
  const on: Expr = { k: "cmp", op: "=", left: by.ref, right: side.by };
  const kind = c.pick(["inner", "left"] as const);
  return {
    from: { k: "join", kind, left: rows.from, right: side.source.from, on: [on], comma: false },
    columns: [...rows.columns, ...side.source.columns],
  };
}

interface Side {
  readonly source: Source;
  readonly by: Expr;
}

const opaque = (as: string, name: string): Known => ({
  ref: col(as, name),
  kind: "opaque",
  owner: undefined,
  words: [],
  grid: 1,
  adds: false,
});

function valuesSide(scope: Scope): Side {
  const as = scope.alias();
  const rows = [
    ["A", "z1"],
    ["B", "z1"],
    ["C", "z2"],
  ].slice(0, 3 - scope.choices.below(2));
  return {
    source: { from: { k: "values", as, columns: ["district", "zone"], rows }, columns: [opaque(as, "zone")] },
    by: col(as, "district"),
  };
}

function regionSide(scope: Scope): Side {
  const region = scope.table("region");
  const [district, zone, north] = region.columns.map((known) => known.ref);
  if (district === undefined || zone === undefined || north === undefined) throw new TypeError("regions have three columns");
  const items: readonly Item[] = [
    { as: "district", expr: district },
    { as: "zone", expr: agg("max", [zone]) },
    { as: "north", expr: agg("bool_or", [north]) },
  ];
  const query = { ...emptySelect(region.from), items, groupBy: [district] };
  const source = asSource(scope, query, (as) => [opaque(as, "zone"), opaque(as, "north")]);
  return { source, by: col(source.columns[0]?.ref.of ?? "", "district") };
}

function releasedSide(scope: Scope): Side {
  const person = scope.table("person");
  const district = person.columns.find((known) => known.ref.name === "district");
  if (district === undefined) throw new TypeError("people live in districts");
  const items: readonly Item[] = [
    { as: "district", expr: district.ref },
    { as: "n", expr: agg("count", []) },
  ];
  const query = { ...emptySelect(person.from), items, groupBy: [district.ref] };
  const source = asSource(scope, query, (as) => [opaque(as, "n")]);
  return { source, by: col(source.columns[0]?.ref.of ?? "", "district") };
}

/** Rows of owners, of every form that the language knows. */
export function ownedSource(scope: Scope): Source {
  const c = scope.choices;
  const outer = (): JoinKind => c.pick(["inner", "left", "right"]);
  const table = (): Source => scope.table(c.pick(["person", "visit", "job", "firm"]));
  const forms: readonly (() => Source)[] = [
    table,
    table,
    () => joined(scope, scope.table("person"), scope.table("visit"), outer()),
    () => joined(scope, scope.table("person"), scope.table("job"), outer()),
    () => joined(scope, scope.table("job"), scope.table("firm"), outer()),
    () => joined(scope, joined(scope, scope.table("person"), scope.table("job"), outer()), scope.table("firm"), "inner"),
    () => totals(scope),
    () => joined(scope, scope.table("person"), totals(scope), outer()),
    () => windows(scope),
    () => joined(scope, scope.table("person"), windows(scope), outer()),
    () => renamed(scope, table()),
    () => renamed(scope, totals(scope)),
    () => joined(scope, scope.table("person"), scope.table("visit"), c.pick(["semi", "anti"])),
    () => besidePublic(scope, scope.table(c.pick(["person", "firm"]))),
    () => besidePublic(scope, joined(scope, scope.table("person"), scope.table("visit"), "inner")),
  ];
  return c.pick(forms)();
}
