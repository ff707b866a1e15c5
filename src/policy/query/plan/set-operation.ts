import { type At, stop } from "../refusal.ts";
import { type Bound, plainSubject, refTo } from "../resolve/field.ts";
import { foldName } from "../schema.ts";
import { existsTied } from "../subject/tie.ts";
import { compare, literalNull, not } from "../tree/make.ts";
import type { SetTree } from "../tree/statement.ts";
import { freeColumns, scopeOf } from "./columns.ts";
import type { Env } from "./env.ts";
import { resolveLimits } from "./limits.ts";
import { notBeside } from "./one-per-owner.ts";
import { type Compiled, columnId, type FromPlan, plainQuery, type QueryPlan } from "./query-plan.ts";
import { resolveOrder } from "./select-list.ts";
import { distinctRows } from "./subject-select.ts";
import { namesIn } from "./subquery.ts";
import { carrySameOwners, type UnitedOperand, unitedRows } from "./united-rows.ts";
import { withCtes } from "./with.ts";

type Free = Extract<Compiled, { kind: "free" }>;

type Subject = Extract<Compiled, { kind: "subject" }>;

/** The columns of a query in another order, with NULL where it has none. */
function arranged(query: QueryPlan, places: readonly (number | undefined)[], env: Env): QueryPlan {
  const alias = env.state.nextAlias();
  const column = (place: number | undefined): Bound =>
    place === undefined ? literalNull : refTo({ kind: "free", source: alias, column: columnId(place) }, undefined);
  return { ...plainQuery, items: places.map(column), from: { kind: "query", query, alias } };
}

type Names = readonly (string | undefined)[];

interface Operands {
  readonly left: QueryPlan;
  readonly right: QueryPlan;
  readonly names: Names;
}

function named(name: string | undefined, at: At): string {
  return name ?? stop("QUERY_CLAUSE_UNSUPPORTED", at, "BY NAME with a column that has no name", "Give each column an alias.");
}

type Places = readonly (number | undefined)[];

/** BY NAME: the left columns in their order, then those that only the right has. */
function byName(left: Names, right: Names, at: At): { readonly names: Names; readonly left: Places; readonly right: Places } {
  const places = (names: Names): ReadonlyMap<string, number> => new Map(names.map((name, i) => [foldName(named(name, at)), i]));
  const [own, other] = [places(left), places(right)];
  const names = [...left, ...right.filter((name) => !own.has(foldName(named(name, at))))];
  const folded = names.map((name) => foldName(named(name, at)));
  return { names, left: folded.map((name) => own.get(name)), right: folded.map((name) => other.get(name)) };
}

function freeOperands(tree: SetTree, left: Free, right: Free, env: Env): Operands {
  if (!tree.byName) return { left: left.query, right: right.query, names: left.names };
  const places = byName(left.names, right.names, tree.at);
  return {
    left: arranged(left.query, places.left, env),
    right: arranged(right.query, places.right, env),
    names: places.names,
  };
}

const namesOf = ({ columns }: Subject): Names => columns.map((column) => column.name);

function operand(compiled: Subject, places: Places, at: At): UnitedOperand {
  const exprs = places.map((place) => (place === undefined ? undefined : compiled.columns[place]?.expr) ?? literalNull);
  return { rows: compiled.rows, exprs, at };
}

/** Rows of owners on both sides stay such: all of them, or, where every owner is among the columns, those of a set. */
function ownedSet(tree: SetTree, left: Subject, right: Subject, env: Env): Subject | undefined {
  const all = left.columns.map((_column, i) => i);
  const places = tree.byName ? byName(namesOf(left), namesOf(right), tree.at) : { names: namesOf(left), left: all, right: all };
  const operands = [operand(left, places.left, tree.left.at), operand(right, places.right, tree.right.at)] as const;
  if (!tree.all && !carrySameOwners(operands, tree.at)) return undefined;
  if (tree.op === "union") {
    const united = unitedRows(operands, places.names, tree.at, env);
    return tree.all ? united : distinct(united, tree, env);
  }
  if (tree.all) stop("QUERY_CLAUSE_UNSUPPORTED", tree.at, `${tree.op.toUpperCase()} ALL of protected rows`, "Leave ALL out.");
  const rows = distinct(left, tree, env);
  const conditions = right.columns.flatMap(({ expr }, i) =>
    rows.columns.slice(i, i + 1).map(({ expr: own }) => {
      // That rows without a key are equal says nothing of anybody: they are tied by no key.
      return compare(plainSubject(own)?.subject === undefined ? "not-distinct" : "=", expr, own);
    }),
  );
  const exists = existsTied({ kind: "tied", rows: right.rows, values: [] }, conditions, tree.at);
  const asked = tree.op === "intersect" ? exists : not(exists);
  return { ...rows, rows: { ...rows.rows, conditions: [...rows.rows.conditions, asked] } };
}

const noLimits = { limit: undefined, offset: undefined } as const;

function distinct(compiled: Subject, { at }: SetTree, env: Env): Subject {
  const parts = { items: compiled.columns, having: undefined, qualify: undefined, order: [] };
  const rows = distinctRows(compiled.rows, parts, { ...noLimits, at }, env);
  return ofKind(rows, "subject", at);
}

function ofKind<K extends Compiled["kind"]>(compiled: Compiled, kind: K, at: At): Extract<Compiled, { kind: K }> {
  return isOfKind(compiled, kind) ? compiled : mixed(at);
}

const isOfKind = <K extends Compiled["kind"]>(compiled: Compiled, kind: K): compiled is Extract<Compiled, { kind: K }> =>
  compiled.kind === kind;

function mixed(at: At): never {
  return stop(
    "QUERY_CLAUSE_UNSUPPORTED",
    at,
    "rows of owners united with public or released ones",
    "Aggregate the protected rows first: figures may be united with anything.",
  );
}

/** An operand of rows that may be shown; of rows of owners, its distinct rows are released by themselves. */
function freeOperand(compiled: Compiled, { all, at }: SetTree, env: Env): Free {
  if (compiled.kind === "free") return compiled;
  if (all) return mixed(at);
  const parts = { items: compiled.columns, having: undefined, qualify: undefined, order: [] };
  const released = distinctRows(compiled.rows, parts, { ...noLimits, at }, env);
  return ofKind(released, "free", at);
}

/** UNION, EXCEPT and INTERSECT; what stands behind them is a SELECT over their rows. */
export function compileSet(tree: SetTree, outer: Env): Compiled {
  const { env, local } = withCtes(tree.ctes, outer);
  const [first, second] = [env.compile(tree.left, env), env.compile(tree.right, env)];
  for (const one of [first, second]) if (one.kind === "subject" && one.total === true) notBeside(tree.at);
  if (first.kind === "subject" && second.kind === "subject") {
    const owned = ownedSet(tree, first, second, env);
    if (owned !== undefined) {
      if (tree.limit !== undefined || tree.offset !== undefined)
        stop("QUERY_ROW_CHOICE", tree.at, "LIMIT or OFFSET over protected rows");
      return owned;
    }
  }
  const [left, right] = [freeOperand(first, tree, env), freeOperand(second, tree, env)];
  const both = freeOperands(tree, left, right, env);
  const alias = env.state.nextAlias();
  const columns = freeColumns(
    alias,
    both.names.map((_name, i) => columnId(i)),
    both.names,
  );
  const items = columns.map((column) => ({ name: column.name, expr: column.expr }));
  const context = { ...namesIn(env, scopeOf(undefined, columns), "free"), aliases: new Map(), prefer: "aliases" } as const;
  const from: FromPlan = { kind: "set", op: tree.op, all: tree.all, left: both.left, right: both.right, alias };
  const order = resolveOrder(tree.order, items, context);
  const query: QueryPlan = {
    ...plainQuery,
    ...resolveLimits(tree, env),
    ctes: local,
    items: items.map((item) => item.expr),
    from,
    order,
  };
  return { kind: "free", query, names: both.names };
}
