import type { Atom } from "../release/model.ts";
import { shownFigures } from "../release/rows.ts";
import type { Bound } from "../resolve/field.ts";
import { mustBeCategory } from "../subject/condition.ts";
import { keyOf } from "../subject/label.ts";
import { literalText } from "../tree/literal-text.ts";
import { someNode } from "../tree/rebuild.ts";
import { type TypeFamily, typeFamily } from "../types.ts";
import type { Env } from "./env.ts";
import { columnId, type FromPlan, type QueryPlan } from "./query-plan.ts";

/** What is surely known of free rows: the kind of each column's values, and which columns together are never equal in two rows. */
export interface FreeShape {
  readonly families: readonly (TypeFamily | undefined)[];
  /** Places of columns; an empty list says that there is one row at most. */
  readonly unique: readonly (readonly number[])[];
}

const unknown: FreeShape = { families: [], unique: [] };

/** The shape of a relation in FROM, its columns in the order in which they are named by the given references. */
function shapeOfFrom(from: FromPlan, env: Env): { readonly names: readonly string[]; readonly shape: FreeShape } {
  switch (from.kind) {
    case "query": {
      const shape = shapeOfQuery(from.query, env);
      return { names: from.query.items.map((_item, i) => columnId(i)), shape };
    }
    case "cte": {
      const cte = env.state.ctes.find((one) => one.name === from.name);
      // A recursion has more rows than the query it begins with.
      return cte === undefined || cte.step !== undefined
        ? { names: [], shape: unknown }
        : shapeOfFrom({ kind: "query", query: cte.query, alias: "" }, env);
    }
    case "release": {
      const { keys, atoms } = from.release;
      const open = atoms.filter((atom) => atom.behind === undefined);
      const families = keys.map((key) => mustBeCategory(key.expr, "QUERY_GROUP_KEY").family);
      return {
        names: [...keys.map((key) => key.id), ...shownFigures(from.release)],
        shape: { families: [...families, ...open.map(familyOfAtom)], unique: [keys.map((_key, i) => i)] },
      };
    }
    case "values":
      return { names: from.columns, shape: shapeOfValues(from.rows, from.columns.length) };
    case "table": {
      const tables = env.schema.tables.filter((table) => table.name === from.name);
      const columns = tables.flatMap((table) => table.columns);
      const names = columns.map((column) => column.name);
      const unique = tables.flatMap((table) => table.keys ?? []).map((key) => key.map((name) => names.indexOf(name)));
      return { names, shape: { families: columns.map((column) => typeFamily(column.type)), unique } };
    }
    default:
      return { names: [], shape: unknown };
  }
}

const familyOfAtom = ({ aggregate }: Atom): TypeFamily | undefined => (aggregate === "sum" ? undefined : "integer");

function familyOfLiteral(expr: Bound | undefined): TypeFamily | undefined {
  if (expr?.kind === "cast") return typeFamily(expr.type);
  if (expr?.kind !== "literal") return undefined;
  const { value } = expr;
  if (value.type === "number") return value.form;
  return value.type === "null" ? undefined : value.type;
}

/** Families whose literals are equal only where their texts are: 1.0 and 1.00 are not among them. */
const exact: ReadonlySet<TypeFamily | undefined> = new Set(["integer", "text", "boolean"]);

function shapeOfValues(rows: readonly (readonly Bound[])[], width: number): FreeShape {
  const texts = rows.map((row) => row.map((expr) => (expr.kind === "literal" ? literalText(expr.value) : undefined)));
  const families = Array.from({ length: width }, (_unused, at) => {
    const [family, ...others] = new Set(rows.map((row) => familyOfLiteral(row[at])));
    return others.length === 0 ? family : undefined;
  });
  const isUnique = (at: number): boolean => {
    const column = texts.map((row) => row[at]);
    return !column.includes(undefined) && new Set(column).size === column.length && exact.has(families[at]);
  };
  const one = rows.length === 1 ? [[]] : [];
  return { families, unique: [...one, ...families.flatMap((_family, at) => (isUnique(at) ? [[at]] : []))] };
}

function plainColumn(expr: Bound): string | undefined {
  return expr.kind === "ref" && expr.ref.kind === "free" ? expr.ref.column : undefined;
}

/** The shape of a query over free rows, as far as it is sure. */
export function shapeOfQuery(query: QueryPlan, env: Env): FreeShape {
  const inner = shapeOfFrom(query.from, env);
  const families = query.items.map((expr) => {
    const name = plainColumn(expr);
    return name === undefined ? familyOfLiteral(expr) : inner.shape.families[inner.names.indexOf(name)];
  });
  return { families, unique: uniqueOf(query, inner.names, inner.shape) };
}

function uniqueOf(query: QueryPlan, names: readonly string[], inner: FreeShape): FreeShape["unique"] {
  const placeOf = (expr: Bound): number => query.items.findIndex((item) => keyOf(item) === keyOf(expr));
  // What makes several rows of one ends every certainty.
  if (query.items.some((item) => someNode(item, (node) => node.kind === "call" && node.fn === "unnest"))) return [];
  const sets: (readonly number[])[] = [];
  const aggregates = query.items.some((item) => someNode(item, (node) => node.kind === "aggregate"));
  const { limit } = query;
  const one = limit?.percent === false && limit.count.kind === "literal" && literalText(limit.count.value) === "1";
  if (one || query.from.kind === "none") sets.push([]);
  if (query.distinct) sets.push(query.items.map((_item, i) => i));
  // Several grouping sets repeat what one of them makes unique.
  if (query.groupSets !== undefined) return [];
  if (query.groupBy.length > 0 || aggregates) sets.push(query.groupBy.map(placeOf));
  else {
    const places = names.map((name) => query.items.findIndex((item) => plainColumn(item) === name));
    sets.push(...inner.unique.map((set) => set.flatMap((at) => places.slice(at, at + 1))));
  }
  return sets.filter((set) => !set.includes(-1));
}
