import { type CompareOp, type Expr, fn, lit, type Query, type Select } from "./ast.ts";
import { type Known, ofKind, type Scope, type Source } from "./scope.ts";

const aDate = (value: string): Expr => ({ k: "lit", value, date: true });
const cmp = (op: CompareOp, left: Expr, right: Expr): Expr => ({ k: "cmp", op, left, right });
const ranges = [">=", "<", "<=", ">"] as const;

/** A constant on the grid of a measure: within what the databases hold, or beyond it. */
function onGrid(scope: Scope, { grid }: Known): Expr {
  return lit(grid * scope.choices.pick([2, 1, 0, 4, 6, 20, -1]));
}

function ofWord(scope: Scope, { ref, words }: Known): Expr {
  const c = scope.choices;
  const word = (): Expr => lit(c.pick(words));
  switch (c.below(7)) {
    case 0:
    case 1:
      return cmp("=", ref, word());
    case 2:
      return cmp("<>", ref, word());
    case 3:
      return { k: "in", arg: ref, list: [word(), word()], negated: c.chance(30) };
    case 4:
      return { k: "null", arg: ref, negated: c.chance(60) };
    case 5:
      return { k: "like", arg: ref, prefix: c.pick(words).slice(0, 1) };
    default:
      return cmp(c.pick(ranges), ref, word());
  }
}

function ofDate(scope: Scope, { ref }: Known): Expr {
  const c = scope.choices;
  const year = c.pick([1980, 1960, 1991]);
  switch (c.below(4)) {
    case 0:
      return cmp(c.pick(ranges), ref, aDate(`${year}-06-15`));
    case 1:
      return cmp(c.pick(["=", "<>", ">="]), fn("year", ref), lit(year));
    case 2:
      return { k: "between", arg: ref, low: aDate("1960-03-01"), high: aDate(`${year}-09-30`) };
    default:
      return cmp("<=", fn("month", ref), lit(1 + c.below(12)));
  }
}

function ofMeasure(scope: Scope, known: Known): Expr {
  const c = scope.choices;
  switch (c.below(5)) {
    case 0:
    case 1:
      return cmp(c.pick(ranges), known.ref, onGrid(scope, known));
    case 2:
      return { k: "between", arg: known.ref, low: lit(known.grid), high: lit(known.grid * c.pick([5, 2, 9])) };
    case 3:
      return { k: "null", arg: known.ref, negated: c.chance(60) };
    default:
      return cmp(c.pick(ranges), onGrid(scope, known), known.ref);
  }
}

function ofColumn(scope: Scope, known: Known): Expr {
  switch (known.kind) {
    case "word":
      return ofWord(scope, known);
    case "date":
      return ofDate(scope, known);
    case "count":
      return cmp(scope.choices.pick([">=", "=", "<", "<>"]), known.ref, lit(scope.choices.pick([1, 2, 3, 0])));
    case "flag":
      return known.ref;
    case "key":
      return { k: "null", arg: known.ref, negated: scope.choices.chance(50) };
    default:
      return ofMeasure(scope, known);
  }
}

/** One question, or some put together. */
export function condition(scope: Scope, columns: readonly Known[], depth = 2): Expr {
  const c = scope.choices;
  const askable = ofKind(columns, "word", "date", "measure", "count", "flag");
  const kind = depth === 0 ? 0 : c.below(12);
  const again = (): Expr => condition(scope, columns, depth - 1);
  if (kind === 9) return { k: "logic", op: "and", args: [again(), again()] };
  if (kind === 10) return { k: "logic", op: "or", args: [again(), again()] };
  if (kind === 11) return { k: "not", arg: again() };
  if (kind === 8) return ofColumn(scope, c.pick(columns.filter((column) => column.kind !== "opaque" && column.kind !== "total")));
  return ofColumn(scope, c.pick(askable));
}

/** Whether an owner of the row has a row like these elsewhere. */
export function existence(scope: Scope, columns: readonly Known[]): Expr | undefined {
  const c = scope.choices;
  const keys = ofKind(columns, "key");
  if (keys.length === 0) return undefined;
  const outer = c.pick(keys);
  const isPerson = outer.owner === "person";
  const inner = scope.table(isPerson ? c.pick(["visit", "person"]) : "firm");
  const [tie] = inner.columns.filter((column) => column.owner === outer.owner);
  if (tie === undefined) return undefined;
  const where = c.chance(70) ? [condition(scope, inner.columns, 1)] : [];
  const form = c.pick(["exists", "in"] as const);
  return { k: "exists", form, negated: c.chance(40), from: inner.from, ties: [[tie.ref, outer.ref]], where };
}

/** Groups as design §5 takes them: coarse columns, listed functions of them, bands of measures. */
export function groupKey(scope: Scope, columns: readonly Known[]): Expr {
  const c = scope.choices;
  const groupable = ofKind(columns, "word", "date", "measure", "count", "flag", "opaque");
  const known = c.pick(groupable);
  switch (known.kind) {
    case "word":
      return c.pick<() => Expr>([
        () => known.ref,
        () => known.ref,
        () => fn("left", known.ref, lit(1)),
        () => fn("coalesce", known.ref, lit("?")),
        () => fn("nullif", known.ref, lit(c.pick(known.words))),
        () => banded(scope, columns),
      ])();
    case "date":
      return c.pick<Expr>([fn("year", known.ref), fn("least", fn("year", known.ref), lit(1980)), fn("month", known.ref)]);
    case "measure":
      return c.chance(60)
        ? fn("*", fn("floor", fn("/", known.ref, lit(known.grid * 4))), lit(known.grid * 4))
        : banded(scope, columns);
    case "count":
      return c.chance(50) ? known.ref : banded(scope, columns);
    default:
      return known.ref;
  }
}

function banded(scope: Scope, columns: readonly Known[]): Expr {
  return { k: "case", branches: [{ when: condition(scope, columns, 1), gives: lit("x") }], otherwise: lit("y") };
}

export const emptySelect = (from: Source["from"]): Select => ({
  k: "select",
  items: [],
  from,
  where: [],
  groupBy: undefined,
  having: undefined,
  qualify: undefined,
  order: [],
  limit: undefined,
});

export const asSource = (scope: Scope, query: Query, columns: (as: string) => readonly Known[]): Source => {
  const as = scope.alias();
  return { from: { k: "query", query, as, cte: scope.choices.chance(35) }, columns: columns(as) };
};
