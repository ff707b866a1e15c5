import { type Agg, type Expr, type Select, someExpr, type Value } from "./ast.ts";
import { type Book, createBook } from "./atoms.ts";
import { aggregate, evaluate } from "./evaluate.ts";
import { countedOwner, type Figure, figureOf } from "./figures.ts";
import { Judge, type Share, type Verdict } from "./judge.ts";
import { keyOf, type Relation, type Row } from "./relation.ts";
import { envOf } from "./rows.ts";
import type { Rules, Run } from "./world.ts";

/** One group with what its aggregates are, or NULL where they are withheld. */
export interface Cell {
  readonly keys: readonly Value[];
  readonly rows: readonly Row[];
  readonly figure: (expr: Agg) => Value;
}

export function aggregatesOf(select: Select): readonly Agg[] {
  const found: Agg[] = [];
  const exprs = [
    ...select.items.map((item) => item.expr),
    ...(select.having === undefined ? [] : [select.having]),
    ...(select.qualify === undefined ? [] : [select.qualify]),
    ...select.order.map((item) => item.expr),
  ];
  for (const expr of exprs) {
    someExpr(expr, (node) => {
      if (node.k === "agg") found.push(node);
      return false;
    });
  }
  return found;
}

/** Rows of one group; without GROUP BY all rows are one, even if there is none. */
export function groupsOf(relation: Relation, keys: readonly Expr[], run: Run): readonly Omit<Cell, "figure">[] {
  if (keys.length === 0) return [{ keys: [], rows: relation.rows }];
  const groups = new Map<string, { keys: readonly Value[]; rows: Row[] }>();
  for (const row of relation.rows) {
    const env = envOf(relation, row, run);
    const values = keys.map((key) => evaluate(key, env));
    const name = JSON.stringify(values);
    const known = groups.get(name);
    if (known === undefined) groups.set(name, { keys: values, rows: [row] });
    else known.rows.push(row);
  }
  return [...groups.values()];
}

/** An aggregate as the plain engine has it. */
export function plainFigure(expr: Agg, relation: Relation, rows: readonly Row[], run: Run): Value {
  const values = rows.flatMap((row) => {
    const env = envOf(relation, row, run);
    if (expr.filter !== undefined && evaluate(expr.filter, env) !== true) return [];
    return [expr.args.map((arg) => evaluate(arg, env))];
  });
  return aggregate(expr.fn, expr.distinct, values);
}

/** The rows of a cell that count in each atom. */
function sharesOf({ atoms }: Book, relation: Relation, rows: readonly Row[], run: Run): readonly (readonly Share[])[] {
  const envs = rows.map((row) => envOf(relation, row, run));
  return atoms.map((atom) =>
    rows.flatMap((row, at): readonly Share[] => {
      const env = envs[at];
      if (env === undefined || !atom.conditions.every((condition) => evaluate(condition, env) === true)) return [];
      if (atom.owner !== undefined && row.owners[atom.owner] === null) return [];
      const factors = atom.factors.map((factor) => evaluate(factor, env));
      if (factors.includes(null)) return [];
      return [{ owners: row.owners, row: at, m: factors.reduce<number>((m, factor) => m * Number(factor), 1) }];
    }),
  );
}

function atomValue(aggregateName: string, owner: number | undefined, shares: readonly Share[]): number {
  if (aggregateName === "owners") return new Set(shares.map((share) => share.owners[owner ?? 0])).size;
  return shares.reduce((sum, share) => sum + share.m, 0);
}

interface JudgedAtom {
  readonly verdict: Verdict;
  readonly value: number;
}

/** What one owner-free group of atoms is: each with its verdict and its true value. */
function judged(book: Book, judge: Judge, relation: Relation, rows: readonly Row[], run: Run): readonly JudgedAtom[] {
  const shares = sharesOf(book, relation, rows, run);
  const verdicts = judge.verdicts(book.atoms, shares);
  return book.atoms.map((atom, at) => ({
    verdict: verdicts[at] ?? "owners",
    value: atomValue(atom.aggregate, atom.owner, shares[at] ?? []),
  }));
}

/** Values of a category that have a cell of their own: only those that pass are counted. */
function countedValues(expr: Agg, relation: Relation, rows: readonly Row[], rules: Rules, run: Run): Value {
  const [written] = expr.args;
  if (written === undefined) return null;
  const isCase = written.k === "case" && written.otherwise.k === "lit" && written.otherwise.value === null;
  const of = isCase ? (written.branches[0]?.gives ?? written) : written;
  const conditions = isCase ? written.branches.map((branch) => branch.when) : [];
  const book = createBook(relation);
  book.add({
    aggregate: "count",
    owner: undefined,
    factors: [],
    conditions: [...(expr.filter === undefined ? [] : [expr.filter]), ...conditions, { k: "null", arg: of, negated: true }],
  });
  const judge = new Judge(relation, rules);
  const passing = groupsOf({ ...relation, rows }, [of], run).filter((group) =>
    judged(book, judge, relation, group.rows, run).some((atom) => atom.verdict === "pass"),
  );
  return passing.length === 0 ? null : passing.length;
}

const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(a), Math.abs(b));

/** The oracle checks itself: what its atoms make of a shown figure is what the plain engine makes of all rows. */
function checkSame(expr: Agg, shown: Value, relation: Relation, rows: readonly Row[], run: Run): void {
  if (shown === null) return;
  const plain = plainFigure(expr, relation, rows, run);
  // Of nobody's spread a quotient of two zeros may be anything.
  if (plain === null ? expr.fn === "corr" : near(Number(shown), Number(plain))) return;
  throw new Error(`the oracle's atoms give ${shown} where ${plain} is right: ${keyOf(expr, relation)}`);
}

/** The place where owners disappear: each group with the figures that may be shown; groups without any are absent. */
export function releaseCells(select: Select, relation: Relation, rules: Rules, run: Run): readonly Cell[] {
  const key = (expr: Expr): string => keyOf(expr, relation);
  const book = createBook(relation);
  const figures = new Map<string, Figure>();
  for (const expr of aggregatesOf(select)) {
    const isCategory = expr.fn === "count" && expr.distinct && countedOwner(expr, relation) === undefined;
    if (!isCategory && !figures.has(key(expr))) figures.set(key(expr), figureOf(expr, book, key));
  }
  // A group without figures still says that somebody is in it.
  if (book.atoms.length === 0) book.add({ aggregate: "count", owner: undefined, factors: [], conditions: [] });
  const judge = new Judge(relation, rules);
  return groupsOf(relation, select.groupBy ?? [], run).flatMap((group): readonly Cell[] => {
    const atoms = judged(book, judge, relation, group.rows, run);
    if (!atoms.some((atom) => atom.verdict === "pass")) return [];
    const figure = (expr: Agg): Value => {
      const made = figures.get(key(expr));
      if (made === undefined) return countedValues(expr, relation, group.rows, rules, run);
      const parts = made.atoms.map((at) => atoms[at]);
      if (!parts.every((part) => part?.verdict === "pass")) return null;
      const shown = made.value(parts.map((part) => part?.value ?? 0));
      // `sum(x - x)` has no atom left: it is 0, whoever is there.
      if (made.atoms.length === 0) return shown;
      checkSame(expr, shown, relation, group.rows, run);
      return shown;
    };
    return [{ ...group, figure }];
  });
}
