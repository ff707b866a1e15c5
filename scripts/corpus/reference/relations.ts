import { corpusTables } from "../tables.ts";
import { child, type Node, nodes, text, Underivable } from "./ast.ts";

/** Rows of subjects: hidden columns carry whose and which they are through every subquery. */
export interface SubjectRelation {
  readonly kind: "subject";
  /** Hidden columns with the owner keys, and the kind of each. */
  readonly owners: readonly { readonly column: string; readonly kind: string }[];
  /** Hidden columns that name the record. */
  readonly records: readonly string[];
  /** Visible columns, lower case, that are the owner's key. */
  readonly keys: ReadonlySet<string>;
}

/** Anything may be computed from figures that passed the rules, from constants and from series. */
export type Relation = SubjectRelation | { readonly kind: "free" };

export const free: Relation = { kind: "free" };

export type Env = ReadonlyMap<string, Relation>;

/** A subject relation under the name by which a statement calls it. */
export interface Leaf {
  readonly alias: string;
  readonly relation: SubjectRelation;
}

export const ownerColumn = (table: string): string => `__o_${table}`;
export const recordColumn = (table: string): string => `__r_${table}`;

const series = new Set(["range", "generate_series", "unnest"]);

function baseTable(name: string): SubjectRelation | undefined {
  const table = corpusTables.find((one) => one.name === name);
  if (table === undefined) return undefined;
  return {
    kind: "subject",
    owners: [{ column: ownerColumn(table.name), kind: table.subject.kind }],
    records: [recordColumn(table.name)],
    keys: new Set([table.subject.column]),
  };
}

/** The subject relations that a FROM clause reads; `query` rewrites a subquery and says what it gives. */
export function readFrom(from: Node | undefined, env: Env, query: (node: Node, env: Env) => Relation): readonly Leaf[] {
  if (from === undefined) return [];
  if (from["sample"] !== null && from["sample"] !== undefined) throw new Underivable("a sample of protected rows");
  switch (from["type"]) {
    case "EMPTY":
    case "EXPRESSION_LIST":
      return [];
    case "BASE_TABLE": {
      const name = text(from, "table_name").toLowerCase();
      const relation = env.get(name) ?? baseTable(name);
      if (relation === undefined) throw new Underivable(`no table ${name} in the corpus`);
      return leaf(from, relation, name);
    }
    case "SUBQUERY":
      return leaf(from, query(child(child(from, "subquery") ?? {}, "node") ?? {}, env), "");
    case "JOIN": {
      const left = readFrom(child(from, "left"), env, query);
      const right = readFrom(child(from, "right"), env, query);
      return ["SEMI", "ANTI"].includes(text(from, "join_type")) ? left : [...left, ...right];
    }
    case "PIVOT":
      if (readFrom(child(from, "source"), env, query).length > 0) throw new Underivable("PIVOT over protected rows");
      return [];
    case "TABLE_FUNCTION": {
      const name = text(child(from, "function") ?? {}, "function_name").toLowerCase();
      if (!series.has(name)) throw new Underivable(`table function ${name}`);
      return [];
    }
    default:
      throw new Underivable(`FROM ${text(from, "type")}`);
  }
}

let unnamed = 0;

function leaf(from: Node, relation: Relation, name: string): readonly Leaf[] {
  if (relation.kind === "free") return [];
  if (nodes(from["column_name_alias"]).length > 0) throw new Underivable("renamed columns of protected rows");
  if (text(from, "alias") === "" && name === "") from["alias"] = `__u${unnamed++}`;
  const alias = text(from, "alias");
  return [{ alias: alias === "" ? name : alias, relation }];
}
