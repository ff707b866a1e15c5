import type { At } from "../refusal.ts";
import { type Bound, type Leaf, type RowsFrom, refTo } from "../resolve/field.ts";
import type { ScopeColumn } from "../resolve/scope.ts";
import type { Env } from "./env.ts";
import { shapeOfQuery } from "./free-shape.ts";
import { columnsOf, mappedScope } from "./mapped-scope.ts";
import type { FromPlan, Relation } from "./query-plan.ts";
import { columnId, plainQuery, type QueryPlan } from "./query-plan.ts";
import type { SubjectRelation } from "./subject-from.ts";

type FreeRelation = Extract<Relation, { kind: "free" }>;

/** Free rows that become one table, with the columns that are named of them. */
interface Part {
  readonly from: FromPlan;
  readonly columns: readonly ScopeColumn[];
}

/** `FROM a, b, protected` means two tables beside the protected one: their product is never computed. */
function partsOf(from: FromPlan): readonly FromPlan[] {
  if (from.kind !== "join" || from.join !== "cross" || from.lateral || from.on !== undefined) return [from];
  return [...partsOf(from.left), ...partsOf(from.right)];
}

function aliasesOf(from: FromPlan): readonly string[] {
  if (from.kind === "join") return [...aliasesOf(from.left), ...aliasesOf(from.right)];
  const { alias } = { alias: "", ...from };
  return [alias];
}

function sourceOf({ expr }: ScopeColumn): string | undefined {
  return expr.kind === "ref" ? expr.ref.source : undefined;
}

/** The parts with a table each; all as one where a column is made of several. */
function split({ from, scope }: FreeRelation): readonly Part[] {
  const columns = columnsOf(scope);
  const parts = partsOf(from).map((part): Part => {
    const aliases: readonly (string | undefined)[] = aliasesOf(part);
    return { from: part, columns: columns.filter((column) => aliases.includes(sourceOf(column))) };
  });
  return parts.flatMap((part) => part.columns).length === columns.length ? parts : [{ from, columns }];
}

interface Beside {
  readonly leaf: Leaf;
  /** What a column is now; another part's stays as it is. */
  exprOf(column: ScopeColumn): Bound;
}

function tableBeside({ from, columns }: Part, at: At, env: Env): Beside {
  const query: QueryPlan = { ...plainQuery, items: columns.map((column) => column.expr), from };
  const { families, unique } = shapeOfQuery(query, env);
  const name = env.state.nextFreeTable();
  env.state.steps.push({ kind: "free", table: name, query });
  const alias = env.state.nextAlias();
  const exprOf = (column: ScopeColumn): Bound => {
    const place = columns.indexOf(column);
    if (place === -1) return column.expr;
    return refTo({ kind: "free", source: alias, column: columnId(place), family: families[place] }, column.expr.at);
  };
  const table = { name: "public or released rows", grade: "public" as const, subjects: [], columns: [] };
  const free = { table: name, unique: unique.map((set) => set.map(columnId)) };
  return { leaf: { table, alias, at, free }, exprOf };
}

/**
 * Public or released rows as tables beside protected ones. Each column knows its kind where that is sure, and
 * the rows know what is unique in them: they may add columns to protected rows, never multiply them.
 */
export function besideSubjects(relation: FreeRelation, at: At, env: Env): SubjectRelation {
  const tables = split(relation).map((part) => tableBeside(part, at, env));
  const parts = tables.map(({ leaf }): RowsFrom => ({ kind: "leaf", leaf }));
  const [only, ...more] = parts;
  const from: RowsFrom = only !== undefined && more.length === 0 ? only : { kind: "inner", parts };
  const scope = tables.reduce((all, { exprOf }) => mappedScope(all, exprOf), relation.scope);
  return { kind: "subject", rows: { from, conditions: [] }, scope };
}
