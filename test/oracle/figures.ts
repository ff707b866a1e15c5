import { type Agg, type Expr, fn, lit, type Value } from "./ast.ts";
import type { Book } from "./atoms.ts";
import { type Column, columnOf, type Relation } from "./relation.ts";

/** A figure as its atoms and what is computed from them; with one atom withheld it is. */
export interface Figure {
  readonly atoms: readonly number[];
  readonly value: (atoms: readonly number[]) => Value;
}

interface Term {
  readonly coefficient: number;
  readonly factors: readonly Expr[];
}

/** A linear form that holds where the guards are true and everything in `present` is there. */
export interface Branch {
  readonly guards: readonly Expr[];
  readonly present: readonly Expr[];
  readonly terms: readonly Term[];
}

const isThere = (arg: Expr): Expr => ({ k: "null", arg, negated: true });
const always = lit(true);
const never = lit(false);

function every(parts: readonly Expr[]): Expr {
  const rest = parts.filter((part) => part !== always);
  const [only = always] = rest;
  return rest.length > 1 ? { k: "logic", op: "and", args: rest } : only;
}

function some(parts: readonly Expr[]): Expr {
  if (parts.includes(always)) return always;
  const rest = parts.filter((part) => part !== never);
  const [only = never] = rest;
  return rest.length > 1 ? { k: "logic", op: "or", args: rest } : only;
}

/** When an expression is not NULL, asked of as few columns as will do. */
export function presenceOf(expr: Expr): Expr {
  switch (expr.k) {
    case "lit":
      return expr.value === null ? never : always;
    case "null":
    case "exists":
      return always;
    case "cmp":
      return every([presenceOf(expr.left), presenceOf(expr.right)]);
    case "like":
      return presenceOf(expr.arg);
    case "fn":
      if (expr.fn === "coalesce") return some(expr.args.map(presenceOf));
      return ["nullif", "greatest", "least"].includes(expr.fn) ? isThere(expr) : every(expr.args.map(presenceOf));
    case "case": {
      const before: Expr[] = [];
      const parts = expr.branches.map(({ when, gives }) => {
        const guards = [...before, when];
        before.push({ k: "else", arg: when });
        return { guards, presence: presenceOf(gives) };
      });
      const all = [...parts, { guards: before, presence: presenceOf(expr.otherwise) }];
      if (all.every(({ presence }) => presence === always)) return always;
      return some(all.filter(({ presence }) => presence !== never).map(({ guards, presence }) => every([...guards, presence])));
    }
    default:
      return isThere(expr);
  }
}

const factor = (expr: Expr): readonly Branch[] => [{ guards: [], present: [expr], terms: [{ coefficient: 1, factors: [expr] }] }];
const constant = (value: number): readonly Branch[] => [
  { guards: [], present: [], terms: [{ coefficient: value, factors: [] }] },
];

function scaled(branches: readonly Branch[], by: number): readonly Branch[] {
  return branches.map((branch) => ({
    ...branch,
    terms: branch.terms.map((term) => ({ ...term, coefficient: term.coefficient * by })),
  }));
}

type Join = (a: readonly Term[], b: readonly Term[]) => readonly Term[];

function combined(left: readonly Branch[], right: readonly Branch[], join: Join): readonly Branch[] {
  return left.flatMap((a) =>
    right.map((b) => ({
      guards: [...a.guards, ...b.guards],
      present: [...a.present, ...b.present],
      terms: join(a.terms, b.terms),
    })),
  );
}

const times: Join = (a, b) =>
  a.flatMap((x) => b.map((y) => ({ coefficient: x.coefficient * y.coefficient, factors: [...x.factors, ...y.factors] })));

function ofBoolean(expr: Expr): readonly Branch[] {
  return [
    { guards: [expr], present: [], terms: [{ coefficient: 1, factors: [] }] },
    { guards: [{ k: "not", arg: expr }], present: [], terms: [{ coefficient: 0, factors: [] }] },
  ];
}

function ofColumn(expr: Expr, column: Column): readonly Branch[] {
  if (column.type === "boolean") return ofBoolean(expr);
  if (typeof column.sums === "string") return factor(expr);
  const terms = column.sums.map((part) => ({
    coefficient: part.coefficient,
    factors: [{ k: "col", of: part.column.of, name: part.column.name } as const],
  }));
  return [{ guards: [], present: [expr], terms }];
}

function ofCoalesce(args: readonly Expr[], relation: Relation): readonly Branch[] {
  const absent: Expr[] = [];
  return args.flatMap((arg) => {
    const guards = [...absent];
    absent.push({ k: "not", arg: presenceOf(arg) });
    return linear(arg, relation).map((branch) => ({ ...branch, guards: [...guards, ...branch.guards] }));
  });
}

function ofFunction(expr: Extract<Expr, { k: "fn" }>, relation: Relation): readonly Branch[] {
  const [a = lit(null), b] = expr.args;
  const of = (arg: Expr): readonly Branch[] => linear(arg, relation);
  switch (expr.fn) {
    case "coalesce":
      return ofCoalesce(expr.args, relation);
    case "+":
      return b === undefined ? of(a) : combined(of(a), of(b), (x, y) => [...x, ...y]);
    case "-":
      return b === undefined ? scaled(of(a), -1) : combined(of(a), scaled(of(b), -1), (x, y) => [...x, ...y]);
    case "*":
      return b === undefined ? of(a) : combined(of(a), of(b), times);
    case "/":
      return scaled(of(a), 1 / (b?.k === "lit" ? Number(b.value) : Number.NaN));
    case "power":
      return combined(of(a), of(a), times);
    default:
      return factor(expr);
  }
}

/** The argument of an aggregate as guarded linear forms of stored measures (design §5, "Atoms"). */
export function linear(expr: Expr, relation: Relation): readonly Branch[] {
  switch (expr.k) {
    case "col":
      return ofColumn(expr, columnOf(relation, expr));
    case "lit":
      return expr.value === null ? [] : constant(Number(expr.value));
    case "fn":
      return ofFunction(expr, relation);
    case "case": {
      const before: Expr[] = [];
      const branches = expr.branches.flatMap(({ when, gives }) => {
        const guards = [...before, when];
        before.push({ k: "else", arg: when });
        return linear(gives, relation).map((branch) => ({ ...branch, guards: [...guards, ...branch.guards] }));
      });
      const otherwise = linear(expr.otherwise, relation).map((branch) => ({ ...branch, guards: [...before, ...branch.guards] }));
      return [...branches, ...otherwise];
    }
    default:
      return ofBoolean(expr);
  }
}

/** Conditions of one term: what else must be there for the row to count. */
export function termConditions(branch: Branch, { factors }: Term, key: (expr: Expr) => string): readonly Expr[] {
  const own = new Set(factors.map(key));
  return [...branch.guards, ...branch.present.filter((expr) => !own.has(key(expr))).map(isThere)];
}

type Weighted = readonly (readonly [atom: number, weight: number])[];

const dot = (weights: Weighted, atoms: ReadonlyMap<number, number>): number =>
  weights.reduce((sum, [atom, weight]) => sum + weight * (atoms.get(atom) ?? 0), 0);

function sumOf(arg: Expr, filter: readonly Expr[], book: Book, key: (expr: Expr) => string): Weighted {
  const weights = new Map<number, number>();
  for (const branch of linear(arg, book.relation)) {
    for (const term of branch.terms) {
      if (term.coefficient === 0) continue;
      const conditions = [...filter, ...termConditions(branch, term, key)];
      const { factors } = term;
      const atom = book.add({ aggregate: factors.length === 0 ? "count" : "sum", owner: undefined, factors, conditions });
      weights.set(atom, (weights.get(atom) ?? 0) + term.coefficient);
    }
  }
  return [...weights].filter(([, weight]) => weight !== 0);
}

/** `unused`: parts that stand in the release without being in the figure. */
function combination(
  parts: readonly Weighted[],
  value: (...parts: number[]) => Value,
  unused: ReadonlySet<Weighted> = new Set(),
): Figure {
  const used = parts.filter((part) => !unused.has(part));
  const atoms = [...new Set(used.flatMap((part) => part.map(([atom]) => atom)))];
  return {
    atoms,
    value: (values) => {
      const byAtom = new Map(atoms.map((atom, at) => [atom, values[at] ?? 0]));
      return value(...parts.map((part) => dot(part, byAtom)));
    },
  };
}

const over = (a: number, b: number): Value => (b === 0 ? null : a / b);
const squares = (n: number, x: number, xx: number): number => Math.max(0, xx - (x * x) / n);
const root = (value: Value): Value => (value === null ? null : Math.sqrt(Number(value)));

/** n, Σx and Σx² to the figure. */
const single: Readonly<Record<string, (n: number, x: number, xx: number) => Value>> = {
  var_samp: (n, x, xx) => over(squares(n, x, xx), n - 1),
  var_pop: (n, x, xx) => over(squares(n, x, xx), n),
  stddev: (n, x, xx) => root(over(squares(n, x, xx), n - 1)),
};

/** n, Σx, Σx², Σy, Σy² and Σxy, of (y, x) as SQL orders them. */
const pairs: Readonly<Record<string, (n: number, x: number, xx: number, y: number, yy: number, xy: number) => Value>> = {
  covar_pop: (n, x, _xx, y, _yy, xy) => over(xy - (x * y) / n, n),
  covar_samp: (n, x, _xx, y, _yy, xy) => over(xy - (x * y) / n, n - 1),
  corr: (n, x, xx, y, yy, xy) => over(xy - (x * y) / n, Math.sqrt(squares(n, x, xx) * squares(n, y, yy))),
};

/** The key that is counted, perhaps under CASE WHEN c THEN key END. */
function countedKey(expr: Expr): { readonly key: Expr; readonly conditions: readonly Expr[] } {
  if (expr.k !== "case") return { key: expr, conditions: [] };
  return { key: expr.branches[0]?.gives ?? expr, conditions: expr.branches.map((branch) => branch.when) };
}

/** The owner expression whose distinct values an aggregate counts, and where; undefined for values of a category. */
export function countedOwner(
  expr: Agg,
  relation: Relation,
): { readonly owner: number; readonly conditions: readonly Expr[] } | undefined {
  const { key, conditions } = countedKey(expr.args[0] ?? always);
  if (key.k !== "col") return undefined;
  const column = columnOf(relation, key);
  const owner = relation.owners.findIndex((ids) => ids.has(column.id));
  if (owner < 0) return undefined;
  const fields = [...(relation.owners[owner] ?? [])].flatMap((id) => relation.columns.filter((one) => one.id === id));
  const sure = fields.filter((field) => !relation.outer.has(field.source));
  const isFirst = sure.length === 0 && fields[0]?.id === column.id;
  // Whom an outer join leaves out is an owner of the row, but not counted by that side's key.
  const present = relation.outer.has(column.source) && !isFirst ? [isThere(key)] : [];
  return { owner, conditions: [...conditions, ...present] };
}

/** One aggregate over rows of owners as a combination of atoms. */
export function figureOf(expr: Agg, book: Book, key: (expr: Expr) => string): Figure {
  const filter = expr.filter === undefined ? [] : [expr.filter];
  const [x, second] = expr.args;
  const count = (...conditions: readonly Expr[]): Weighted => [
    [book.add({ aggregate: "count", owner: undefined, factors: [], conditions: [...filter, ...conditions] }), 1],
  ];
  const sum = (of: Expr, ...more: readonly Expr[]): Weighted => sumOf(of, [...filter, ...more], book, key);
  const itself = (value: number): Value => value;
  if (x === undefined) return combination([count()], itself);
  if (expr.fn === "count" && expr.distinct) {
    const counted = countedOwner(expr, book.relation);
    if (counted === undefined) throw new TypeError("values of a category are no atoms of this release");
    const conditions = [...filter, ...counted.conditions];
    return combination([[[book.add({ aggregate: "owners", owner: counted.owner, factors: [], conditions }), 1]]], itself);
  }
  if (expr.fn === "count") return combination([count(presenceOf(x))], itself);
  if (expr.fn === "sum") return combination([sum(x)], itself);
  if (expr.fn === "avg") return combination([sum(x), count(presenceOf(x))], (total, n) => over(total ?? 0, n ?? 0));
  const one = single[expr.fn];
  if (one !== undefined) {
    const parts = [count(presenceOf(x)), sum(x), sum(fn("*", x, x))];
    return combination(parts, (n = 0, a = 0, aa = 0) => one(n, a, aa));
  }
  const two = pairs[expr.fn];
  if (two === undefined || second === undefined) throw new TypeError(`the oracle takes no ${expr.fn} over rows of owners`);
  const [y, other] = [x, second];
  const [hasX, hasY] = [presenceOf(other), presenceOf(y)];
  const n = count(hasX, hasY);
  const a = sum(other, hasY);
  const aa = sum(fn("*", other, other), hasY);
  const b = sum(y, hasX);
  const bb = sum(fn("*", y, y), hasX);
  const ab = sum(fn("*", y, other));
  const squared = expr.fn === "corr" ? [] : [aa, bb];
  return combination(
    [n, a, aa, b, bb, ab],
    (...sums) => two(...(sums as [number, number, number, number, number, number])),
    new Set(squared),
  );
}
