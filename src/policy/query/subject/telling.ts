import { type Bound, type Field, plainSubject } from "../resolve/field.ts";
import { someNode } from "../tree/rebuild.ts";

/**
 * Whether a condition asks an attribute or a measure for more than being there. Whatever it asks of a table behind an
 * outer join tells whether there is a row at all, and a figure of one owner's rows may be there for some owners only.
 * `outer`: aliases of tables behind an outer join.
 */
export function isTelling(condition: Bound, outer: ReadonlySet<string>): boolean {
  // IS NULL of anything but a plain column asks what that asks: `nullif(income >= 50000, false) IS NOT NULL`.
  const presence = condition.kind === "is-null" && plainSubject(condition.arg) !== undefined;
  return someNode(condition, (node) => {
    if (isForeign(node)) return true;
    if (node.kind !== "ref" || node.ref.kind !== "subject") return false;
    if (mayBeAbsent(node.ref, outer)) return true;
    return !presence && (node.ref.column.role === "attribute" || node.ref.column.role === "measure");
  });
}

/** Whether an owner has rows in another table is an attribute, and a column of rows joined through an attribute tells it. */
function isForeign(node: Bound): boolean {
  return node.kind === "subquery" || (node.kind === "ref" && node.ref.kind === "free");
}

function mayBeAbsent(field: Field, outer: ReadonlySet<string>): boolean {
  return outer.has(field.source) || (field.kind === "subject" && field.derived?.tells === true);
}

/** Whether it tells something of an owner that this figure of the owner's rows is not NULL: a condition stands inside. */
export function presenceTells(expr: Bound, outer: ReadonlySet<string>): boolean {
  return someNode(expr, (node) => {
    if (isForeign(node)) return true;
    switch (node.kind) {
      case "ref":
        return mayBeAbsent(node.ref, outer);
      case "window":
        return true;
      case "aggregate":
        return [...(node.filter === undefined ? [] : [node.filter]), ...node.args.filter(isCondition)].some((asked) =>
          isTelling(asked, outer),
        );
      case "case":
        return node.branches.some((branch) => isTelling(branch.when, outer));
      default:
        return false;
    }
  });
}

const isCondition = (expr: Bound): boolean => ["compare", "logic", "not", "is-null", "in"].includes(expr.kind);
