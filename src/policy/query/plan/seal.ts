import { PolicyQueryError } from "../errors.ts";
import type { DraftRelease, PlanColumn, PlanDraft, PlanNames, ResultColumn } from "./draft.ts";
import { type GovernedPlan, makePlan, type PlanRelease } from "./governed-plan.ts";

/** What `engine.compiler.check` answers for `draft.check`. */
export interface CheckedStatements {
  readonly asts: readonly string[];
  readonly columns: readonly (readonly PlanColumn[])[];
}

function broken(what: string): never {
  throw new PolicyQueryError("POLICY_SEAL_BROKEN", `the emitted statement reads back with ${what}`);
}

type Sets = { readonly [K in keyof PlanNames]: ReadonlySet<string> };
type NodeCheck = (node: Readonly<Record<string, unknown>>, allowed: Sets) => void;

const textOf = (value: unknown): string => (typeof value === "string" ? value : broken("a name that is no text"));

function checkFunction(node: Readonly<Record<string, unknown>>, allowed: Sets): void {
  const name = textOf(node["function_name"]);
  if (!allowed.functions.has(name)) broken(`the function ${name}`);
  if (textOf(node["catalog"]) !== "" || !["", "main"].includes(textOf(node["schema"]))) broken(`the qualified function ${name}`);
}

function checkColumn(node: Readonly<Record<string, unknown>>, allowed: Sets): void {
  const names = node["column_names"];
  if (!Array.isArray(names)) broken("a column without a name");
  for (const name of names) if (!allowed.columns.has(textOf(name))) broken(`the column ${textOf(name)}`);
}

function checkTable(node: Readonly<Record<string, unknown>>, allowed: Sets): void {
  const name = textOf(node["table_name"]);
  if (!allowed.tables.has(name)) broken(`the table ${name}`);
  const recurring = node["schema_name"] === "recurring" && allowed.forms.has("RECURRING");
  if ((textOf(node["schema_name"]) !== "" && !recurring) || textOf(node["catalog_name"]) !== "")
    broken(`the qualified table ${name}`);
}

/** Forms that most plans do not have: taken only where this plan's emitter wrote one. */
function checkForm(form: string): NodeCheck {
  return (_node, allowed) => {
    if (!allowed.forms.has(form)) broken(`the form ${form}`);
  };
}

const nothing: NodeCheck = () => undefined;

/** Types that the parser leaves to the binder: only those that the reader lets through. */
const checkNamedType: NodeCheck = (node) => {
  const name = textOf(node["name"]);
  if (!["JSON", "ENUM"].includes(name)) broken(`the type ${name}`);
  if (textOf(node["catalog"]) !== "" || textOf(node["schema"]) !== "") broken(`the qualified type ${name}`);
};

/** Classes of expressions that the emitter writes. */
const classes: ReadonlyMap<string, NodeCheck> = new Map<string, NodeCheck>([
  ["FUNCTION", checkFunction],
  ["WINDOW", checkFunction],
  ["COLUMN_REF", checkColumn],
  ...["CONSTANT", "COMPARISON", "CONJUNCTION", "OPERATOR", "CASE", "CAST"].map((name) => [name, nothing] as const),
  ...["SUBQUERY", "LAMBDA"].map((form) => [form, checkForm(form)] as const),
  ["COLLATE", nothing],
  // Only the star that the engine itself puts around VALUES.
  ["STAR", nothing],
]);

/** Nodes without a class that the emitter writes. */
const types: ReadonlyMap<string, NodeCheck> = new Map<string, NodeCheck>([
  ["BASE_TABLE", checkTable],
  ["UNBOUND_TYPE_INFO", checkNamedType],
  // The engine hangs the function itself below it, which is checked like any other.
  ...["TABLE_FUNCTION", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE"].map((form) => [form, checkForm(form)] as const),
  ...[
    "SELECT_NODE",
    "SUBQUERY",
    "JOIN",
    "EMPTY",
    "EXPRESSION_LIST",
    "ORDER_MODIFIER",
    "LIMIT_MODIFIER",
    "DISTINCT_MODIFIER",
    "LIMIT_PERCENT_MODIFIER",
  ].map((name) => [name, nothing] as const),
  ...[
    "ORDER_DEFAULT",
    "ASCENDING",
    "DESCENDING",
    "DECIMAL_TYPE_INFO",
    "LIST_TYPE_INFO",
    "ARRAY_TYPE_INFO",
    "STRUCT_TYPE_INFO",
  ].map((name) => [name, nothing] as const),
]);

function checkNode(node: Readonly<Record<string, unknown>>, allowed: Sets): void {
  const name = node["class"] ?? node["type"];
  if (typeof name !== "string") return;
  const check = (node["class"] === undefined ? types : classes).get(name) ?? broken(`the form ${name}`);
  // A sample is the one clause that hangs on nodes of every kind and changes what is counted.
  if (node["sample"] !== undefined && node["sample"] !== null) broken("a sample");
  check(node, allowed);
}

/** Walks the whole tree without recursion. */
function checkTree(root: object, allowed: Sets): void {
  const queue = [root];
  for (let value = queue.pop(); value !== undefined; value = queue.pop()) {
    if (!Array.isArray(value)) checkNode(value as Readonly<Record<string, unknown>>, allowed);
    const children: readonly unknown[] = Object.values(value);
    queue.push(...children.filter((child) => typeof child === "object" && child !== null));
  }
}

function checkStatement(ast: string, allowed: Sets): void {
  const root: unknown = JSON.parse(ast);
  const parsed = typeof root === "object" && root !== null ? (root as Readonly<Record<string, unknown>>) : {};
  const statements = parsed["statements"];
  if (parsed["error"] !== false || !Array.isArray(statements) || statements.length !== 1) broken("not one SELECT statement");
  checkTree(statements, allowed);
}

/** The names with the types that the engine bound, which stand in the same order. */
function typed(names: readonly string[], bound: readonly PlanColumn[] | undefined): readonly PlanColumn[] {
  return names.map((name, i) => ({ name, type: bound?.[i]?.type ?? broken(`no type for ${name}`) }));
}

function marked(columns: readonly PlanColumn[], perturbed: readonly boolean[] | undefined): readonly ResultColumn[] {
  return perturbed === undefined ? columns : columns.map((column, i) => ({ ...column, perturbed: perturbed[i] !== false }));
}

function sealRelease(release: DraftRelease, bound: readonly PlanColumn[] | undefined): PlanRelease {
  const keys = typed(release.keys, bound);
  return { id: release.id, evidenceSql: release.evidenceSql, keys, atoms: release.atoms, points: release.points };
}

/**
 * Holds the re-parsed emitted statements to the draft's tables, columns and functions and seals the plan.
 * Throws `POLICY_SEAL_BROKEN` where they differ: then the emitter or the engine has a bug, and nothing runs.
 */
export function sealPlan(draft: PlanDraft, checked: CheckedStatements): GovernedPlan {
  const { functions, tables, columns, forms } = draft.names;
  const allowed: Sets = {
    functions: new Set(functions),
    tables: new Set(tables),
    columns: new Set(columns),
    forms: new Set(forms),
  };
  const { length } = draft.check.statements;
  if (checked.asts.length !== length || checked.columns.length !== length) broken("another number of statements");
  for (const ast of checked.asts) checkStatement(ast, allowed);
  const result = checked.columns.at(-1);
  if (result?.length !== draft.resultNames.length) broken("another number of result columns");
  return makePlan({
    steps: draft.steps.map((step) => step.sql),
    resultSql: draft.resultSql,
    columns: marked(typed(draft.resultNames, result), draft.perturbed),
    releases: draft.steps.flatMap(({ release }, i) => (release === undefined ? [] : [sealRelease(release, checked.columns[i])])),
    tables: draft.tables,
    explanation: draft.explanation,
  });
}
