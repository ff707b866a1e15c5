import { leavesOf } from "../release/rows.ts";
import { type Bound, type DerivedColumn, plainSubject, refTo, type SubjectField, type SubjectRows } from "../resolve/field.ts";
import { keyOf } from "../subject/label.ts";
import { not } from "../tree/make.ts";

/** An owner's key where the row of one table is there: `CASE WHEN there THEN key END`, as `windowedRows` writes it. */
interface KeyThere {
  readonly key: SubjectField;
  readonly there: Bound;
  /** The table's own key, one level below. */
  readonly of: Bound;
}

/** Columns of the derived rows that a key is one of. */
function columnsBeside(key: SubjectField, rows: SubjectRows): readonly DerivedColumn[] {
  return leavesOf(rows.from).find((leaf) => leaf.alias === key.source)?.derived?.columns ?? [];
}

function keyThere(expr: Bound, rows: SubjectRows): KeyThere | undefined {
  const [branch, ...more] = expr.kind === "case" ? expr.branches : [];
  if (branch === undefined || more.length > 0) return undefined;
  const [there, key] = [plainSubject(branch.when), plainSubject(branch.result)];
  if (there?.derived?.presence !== true || key?.subject === undefined || there.source !== key.source) return undefined;
  const asked = columnsBeside(key, rows).find(({ field }) => field.column.name === there.column.name)?.expr;
  return asked?.kind === "is-null" && asked.negated ? { key, there: branch.when, of: asked.arg } : undefined;
}

/** `coalesce(a.id, b.id)` of every table that one of two sides comes from is the owner's key; `b.id IS NULL` asks for the row. */
export function simplifiedKey(expr: Bound, rows: SubjectRows): Bound {
  if (expr.kind === "is-null") {
    const found = keyThere(expr.arg, rows);
    if (found === undefined) return expr;
    return expr.negated ? found.there : not(found.there);
  }
  if (expr.kind !== "call" || expr.fn !== "coalesce") return expr;
  const found = expr.args.flatMap((arg) => keyThere(arg, rows) ?? []);
  const [first] = found;
  if (first === undefined || found.length < expr.args.length) return expr;
  if (found.some(({ key }) => keyOf(refTo(key, undefined)) !== keyOf(refTo(first.key, undefined)))) return expr;
  const own = columnsBeside(first.key, rows).find(({ field }) => field.column.name === first.key.column.name)?.expr;
  const all = own?.kind === "call" ? own.args : [];
  const given = new Set(found.map(({ of }) => keyOf(of)));
  return all.length > 0 && all.every((one) => given.has(keyOf(one))) ? refTo(first.key, expr.at) : expr;
}
