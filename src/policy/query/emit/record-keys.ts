import type { Atom, OwnerExpr } from "../release/model.ts";
import type { Bound, DerivedColumn, Field, KeyField, SubjectField, SubqueryRef } from "../resolve/field.ts";
import { fieldsIn } from "../resolve/tied.ts";
import { recordKeyColumn } from "../shadow-ddl.ts";
import type { AggregateExpr } from "../tree/expression.ts";
import { someNode } from "../tree/rebuild.ts";
import { emitColumn, emitLeniently } from "./expression.ts";
import type { Recorder } from "./recorder.ts";

// The key of a figure is the sum of the record keys of its rows' owners (ADR 0026). A total per owner carries the sum of
// its own rows beside it, so that a figure made of totals has the key of the rows themselves.

/** Record key of an owner, 0 where a row has none. */
export function ownerKeySql(owner: OwnerExpr, recorder: Recorder): string {
  const fields: readonly KeyField[] = owner.outer ? owner.fields : [owner.fields[0]];
  const keys = fields.map((field) => emitColumn(field.source, recordKeyColumn(field.column.name), recorder));
  recorder.functions.add("coalesce");
  return `coalesce(${keys.join(", ")}, 0)`;
}

/** What a row adds to the key of a count: the record keys of all its owners. */
export function rowKeySql(owners: readonly OwnerExpr[], recorder: Recorder): string {
  recorder.functions.add("+");
  return `(${owners.map((owner) => `CAST(${ownerKeySql(owner, recorder)} AS BIGINT)`).join(" + ")})`;
}

/** Name of the column that carries the key of a total. */
export function totalKeyColumn(column: string): string {
  return `__w_${column}`;
}

/** A total per owner: its rows are many, and it is summed in turn. */
function isTotal(field: SubjectField): boolean {
  return field.derived !== undefined && !field.derived.stored && field.derived.sums !== "never";
}

function totalKeys(factors: readonly Bound[], recorder: Recorder): readonly string[] {
  return factors.flatMap(fieldsIn).flatMap((field) => {
    if (field.kind !== "subject" || !isTotal(field)) return [];
    return [`coalesce(${emitColumn(field.source, totalKeyColumn(field.column.name), recorder)}, 0)`];
  });
}

/** What a row adds to the key of an atom: the keys of the totals that it sums, else of the row's owners. */
export function atomKeySql(atom: Atom, owners: readonly OwnerExpr[], recorder: Recorder): string {
  const keys = totalKeys(atom.factors, recorder);
  return keys.length === 0 ? rowKeySql(owners, recorder) : `(${keys.join(" + ")})`;
}

type Aggregate = AggregateExpr<Field, SubqueryRef>;

function aggregateIn(expr: Bound): Aggregate | undefined {
  let found: Aggregate | undefined;
  someNode(expr, (node) => {
    if (node.kind === "aggregate") found = node;
    return found !== undefined;
  });
  return found;
}

/**
 * Hidden columns beside one of derived rows: the record key of an owner, the key of a total. Which there are hangs on the
 * column alone, so that all operands of a UNION ALL have the same.
 */
export function derivedKeys(
  { expr, field }: DerivedColumn,
  grouped: boolean,
  owners: readonly OwnerExpr[],
  recorder: Recorder,
): readonly { readonly sql: string; readonly name: string }[] {
  if (field.subject !== undefined) {
    const key = keyOfOwner(expr, recorder);
    recorder.functions.add("max");
    return [{ sql: grouped ? `max(${key})` : key, name: recordKeyColumn(field.column.name) }];
  }
  return isTotal(field) ? [{ sql: totalKeySql(expr, owners, recorder), name: totalKeyColumn(field.column.name) }] : [];
}

/** Record key of what an owner key is taken from: of several, as a full join has them, the first that is there. */
function keyOfOwner(expr: Bound, recorder: Recorder): string {
  recorder.functions.add("coalesce");
  const fields = fieldsIn(expr).filter((field) => field.kind === "subject");
  const keys = fields.map((field) => emitColumn(field.source, recordKeyColumn(field.column.name), recorder));
  return `coalesce(${keys.join(", ")})`;
}

function totalKeySql(expr: Bound, owners: readonly OwnerExpr[], recorder: Recorder): string {
  const aggregate = aggregateIn(expr);
  const totals = totalKeys(aggregate?.args ?? [expr], recorder);
  const key = totals.length === 0 ? rowKeySql(owners, recorder) : `(${totals.join(" + ")})`;
  if (aggregate === undefined) return key;
  const present = aggregate.args.map((arg) => `${emitLeniently(arg, recorder)} IS NOT NULL`);
  const conditions = [...present, ...(aggregate.filter === undefined ? [] : [emitLeniently(aggregate.filter, recorder)])];
  recorder.functions.add("sum");
  return `sum(${key})${conditions.length === 0 ? "" : ` FILTER (WHERE ${conditions.join(" AND ")})`}`;
}
