import { type At, stop } from "../refusal.ts";
import { type Bound, refTo } from "../resolve/field.ts";
import { foldName } from "../schema.ts";
import { literalNull } from "../tree/make.ts";
import type { SetTree } from "../tree/statement.ts";
import { freeColumns, scopeOf } from "./columns.ts";
import type { Env } from "./env.ts";
import { resolveLimits } from "./limits.ts";
import { type Compiled, columnId, type FromPlan, plainQuery, type QueryPlan } from "./query-plan.ts";
import { resolveOrder } from "./select-list.ts";
import { namesIn } from "./subquery.ts";
import { withCtes } from "./with.ts";

type Free = Extract<Compiled, { kind: "free" }>;

/** Both operands are released or public rows; rows of owners are released first, each operand by itself. */
function freeOperand(compiled: Compiled, at: At): Free {
  if (compiled.kind === "free") return compiled;
  return stop(
    "QUERY_CLAUSE_UNSUPPORTED",
    at,
    "UNION, EXCEPT or INTERSECT of protected rows",
    "Aggregate in each operand: the figures may be united.",
  );
}

/** The columns of a query in another order, with NULL where it has none. */
function arranged(query: QueryPlan, places: readonly (number | undefined)[], env: Env): QueryPlan {
  const alias = env.state.nextAlias();
  const column = (place: number | undefined): Bound =>
    place === undefined ? literalNull : refTo({ kind: "free", source: alias, column: columnId(place) }, undefined);
  return { ...plainQuery, items: places.map(column), from: { kind: "query", query, alias } };
}

interface Operands {
  readonly left: QueryPlan;
  readonly right: QueryPlan;
  readonly names: readonly (string | undefined)[];
}

function named(name: string | undefined, at: At): string {
  return name ?? stop("QUERY_CLAUSE_UNSUPPORTED", at, "BY NAME with a column that has no name", "Give each column an alias.");
}

/** BY NAME: the left columns in their order, then those that only the right has. */
function byName(left: Free, right: Free, at: At, env: Env): Operands {
  const places = (names: readonly (string | undefined)[]): ReadonlyMap<string, number> =>
    new Map(names.map((name, i) => [foldName(named(name, at)), i]));
  const [own, other] = [places(left.names), places(right.names)];
  const added = right.names.filter((name) => !own.has(foldName(named(name, at))));
  const names = [...left.names, ...added];
  const folded = names.map((name) => foldName(named(name, at)));
  return {
    left: arranged(
      left.query,
      folded.map((name) => own.get(name)),
      env,
    ),
    right: arranged(
      right.query,
      folded.map((name) => other.get(name)),
      env,
    ),
    names,
  };
}

/** UNION, EXCEPT and INTERSECT; what stands behind them is a SELECT over their rows. */
export function compileSet(tree: SetTree, outer: Env): Compiled {
  const { env, local } = withCtes(tree.ctes, outer);
  const left = freeOperand(env.compile(tree.left, env), tree.left.at);
  const right = freeOperand(env.compile(tree.right, env), tree.right.at);
  const both: Operands = tree.byName
    ? byName(left, right, tree.at, env)
    : { left: left.query, right: right.query, names: left.names };
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
