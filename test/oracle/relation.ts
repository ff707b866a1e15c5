import { type Col, type CompareOp, childrenOf, conjuncts, denial, type Expr, type From, someExpr, type Value } from "./ast.ts";

export type ColumnType = "text" | "date" | "integer" | "double" | "decimal" | "boolean" | "key";
export type Role = "key" | "quasi" | "attribute" | "measure";

/** coefficient × a hidden total of one owner under a condition of its own. */
export interface Part {
  readonly coefficient: number;
  readonly column: Column;
}

/** A column as the rules see it. */
export interface Column {
  readonly of: string;
  readonly name: string;
  /** Where its values stand in a row: columns that are surely the same have the same. */
  readonly id: string;
  readonly role: Role;
  readonly type: ColumnType;
  /** The relation of this level that it comes from. */
  readonly source: string;
  /** What is added up, whatever the condition: `visit.cost`, `count`. */
  readonly base: string;
  readonly sums: "itself" | "never" | readonly Part[];
  /** That there is a value tells something of the owner. */
  readonly tells: boolean;
  /** Telling conditions chose the rows that it was made of. */
  readonly chosen: boolean;
  /** Nobody's: of a public or released row. */
  readonly free: boolean;
}

export type Owner = number | null;

export interface Row {
  readonly values: ReadonlyMap<string, Value>;
  /** One per owner expression of the relation. */
  readonly owners: readonly Owner[];
}

export interface Relation {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** Ids of the key columns of each owner expression. */
  readonly owners: readonly ReadonlySet<string>[];
  /** Sources that an outer join may leave out. */
  readonly outer: ReadonlySet<string>;
  /** Conjuncts that hold in every row, by key. */
  readonly given: ReadonlySet<string>;
  /** Whether a telling condition chooses its rows, at whatever level. */
  readonly told: boolean;
}

const indexes = new WeakMap<readonly Column[], ReadonlyMap<string, Column>>();

/** The column that a name says, or undefined where it is one from around a subquery. */
function findColumn({ columns }: Relation, { of, name }: Col): Column | undefined {
  const index = indexes.get(columns) ?? new Map(columns.map((column) => [`${column.of}.${column.name}`, column]));
  indexes.set(columns, index);
  return index.get(`${of}.${name}`);
}

export function columnOf(relation: Relation, ref: Col): Column {
  const column = findColumn(relation, ref);
  if (column === undefined) throw new TypeError(`no column ${ref.of}.${ref.name}`);
  return column;
}

/** NOT of a comparison is another comparison, of NULL as well: WHERE x <> 1 gives NOT x = 1. */
const denied: Readonly<Record<CompareOp, CompareOp>> = { "=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">" };

/** Equal texts, equal values: an expression over a relation with columns by what they are. */
export function keyOf(expr: Expr, relation: Relation): string {
  return textOf(expr, (ref) => findColumn(relation, ref)?.id ?? `${ref.of}.${ref.name}`);
}

export function textOf(expr: Expr, column: (ref: Col) => string): string {
  const of = (child: Expr): string => textOf(child, column);
  if (expr.k === "not" && expr.arg.k === "cmp") return of({ ...expr.arg, op: denied[expr.arg.op] });
  switch (expr.k) {
    case "col":
      return column(expr);
    case "lit":
      return JSON.stringify(expr.value);
    case "exists":
      return `${expr.negated ? "no" : "some"} ${sourceText(expr.from)} ${expr.ties.map(([a, b]) => `${a.name}=${column(b)}`).join()} ${expr.where.flatMap(conjuncts).map(innerText).toSorted().join(" & ")}`;
    case "agg":
      return `${expr.fn}(${expr.distinct ? "distinct " : ""}${expr.args.map(of).join()})${expr.filter === undefined ? "" : ` where ${of(expr.filter)}`}`;
    case "win":
      return `${expr.fn}(${expr.args.map(of).join()}) over (${expr.partition.map(of).join()};${expr.order.map((item) => `${of(item.expr)}${item.desc}`).join()})`;
    case "cmp":
      return `(${of(expr.left)} ${expr.op} ${of(expr.right)})`;
    case "logic":
      return `(${expr.args.map(of).join(` ${expr.op} `)})`;
    case "not": {
      const other = denial(expr.arg);
      return other.k === "not" ? `not(${of(expr.arg)})` : of(other);
    }
    case "null":
      return `(${of(expr.arg)} is ${expr.negated ? "not " : ""}null)`;
    case "in":
      return `(${of(expr.arg)} ${expr.negated ? "not " : ""}in ${expr.list.map(of).join()})`;
    case "like":
      return `(${of(expr.arg)} like ${expr.prefix})`;
    case "case":
      return `case ${expr.branches.map((b) => `${of(b.when)}:${of(b.gives)}`).join()} else ${of(expr.otherwise)}`;
    default:
      return `${expr.k === "fn" ? expr.fn : expr.k}(${childrenOf(expr).map(of).join()})`;
  }
}

const innerText = (expr: Expr): string => textOf(expr, ({ name }) => name);

function sourceText(from: From): string {
  switch (from.k) {
    case "table":
      return from.table;
    case "join":
      return `(${sourceText(from.left)} ${from.kind} ${sourceText(from.right)})`;
    default:
      return from.as;
  }
}

/**
 * Whether a condition asks an attribute or a measure for more than being there. Of a relation behind an outer join, of another
 * table's rows and of nobody's columns every question is one.
 */
export function isTelling(expr: Expr, relation: Relation): boolean {
  const presence = expr.k === "null" && expr.arg.k === "col";
  return someExpr(expr, (node) => {
    if (node.k === "exists") return true;
    if (node.k !== "col") return false;
    const column = columnOf(relation, node);
    if (column.free || column.tells || relation.outer.has(column.source)) return true;
    return !presence && (column.role === "attribute" || column.role === "measure");
  });
}
