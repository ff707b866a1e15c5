import type { At } from "../refusal.ts";
import { type Bound, type RowsFrom, refTo, type TiedSubquery } from "../resolve/field.ts";
import { compare } from "../tree/make.ts";
import type { Env } from "./env.ts";
import { shapeOfQuery } from "./free-shape.ts";
import { type Compiled, columnId } from "./query-plan.ts";

type Free = Extract<Compiled, { kind: "free" }>;

/** The release as a table beside the rows around it, joined by its keys. */
export function releaseBeside({ query, joinedTo = [] }: Free, at: At, env: Env): TiedSubquery {
  const { families, unique } = shapeOfQuery(query, env);
  const name = env.state.nextFreeTable();
  env.state.steps.push({ kind: "free", table: name, query });
  const alias = env.state.nextAlias();
  const column = (place: number): Bound =>
    refTo({ kind: "free", source: alias, column: columnId(place), family: families[place] }, at);
  const first = query.items.length - joinedTo.length;
  const table = { name: "public or released rows", grade: "public" as const, subjects: [], columns: [] };
  const from: RowsFrom = {
    kind: "leaf",
    leaf: { table, alias, at, free: { table: name, unique: unique.map((set) => set.map(columnId)) } },
  };
  const conditions = joinedTo.map((around, i) => compare("=", column(first + i), around));
  const values = Array.from({ length: first }, (_unused, i) => column(i));
  return Object.freeze({ kind: "tied", rows: { from, conditions }, values, released: true });
}
