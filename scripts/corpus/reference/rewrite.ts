import { canonical, child, columnsIn, isNode, type Node, need, nodes, replace, text, Underivable, walk } from "./ast.ts";
import { aggregatesIn, conditionOf, type Figure, isAggregateCall, readFigure } from "./atoms.ts";
import type { CellBook } from "./book.ts";
import { and, call, caseWhen, cast, column, nullConstant, textConstant } from "./build.ts";
import { type Env, free, type Leaf, type Relation, readFrom, type SubjectRelation } from "./relations.ts";

/**
 * `loose`: every figure that the rules forbid is absent, nothing else. `strict`: also what stands in
 * doubt is absent, and what would follow from another figure of its row. `cells`: the outermost
 * figures give way to the number of the row's cells in the book.
 */
export type Mode = "loose" | "strict" | "cells";

export interface RewriteContext {
  readonly mode: Mode;
  readonly aggregates: ReadonlySet<string>;
  readonly book: CellBook;
}

/** Where the outermost node releases figures: which of its columns are keys, and what each other is made of. */
export interface Outermost {
  readonly node: number;
  /** For each selected column, places of its atoms; undefined for keys. */
  readonly columns: readonly (readonly number[] | undefined)[];
}

let hidden = 0;

const parts = ["select_list", "where_clause", "group_expressions", "having", "qualify", "modifiers"] as const;
const outputs = ["select_list", "having", "qualify", "modifiers"] as const;

/** Rewrites a whole statement in place. */
export function rewriteStatement(
  statement: Node,
  context: RewriteContext,
): { readonly relation: Relation; readonly outermost: Outermost | undefined } {
  const top = need(statement, "node");
  let outermost: Outermost | undefined;
  const relation = rewriteQuery(top, new Map(), context, (found) => {
    outermost = found;
  });
  return { relation, outermost };
}

function rewriteQuery(node: Node, env: Env, context: RewriteContext, top?: (found: Outermost) => void): Relation {
  const inner = withNamed(node, env, context);
  if (node["type"] === "SELECT_NODE") return rewriteSelect(node, inner, context, top);
  if (node["type"] === "SET_OPERATION_NODE") return rewriteSetOperation(node, inner, context);
  throw new Underivable(text(node, "type"));
}

function withNamed(node: Node, env: Env, context: RewriteContext): Env {
  const named = new Map(env);
  for (const { key, value } of nodes(child(node, "cte_map")?.["map"]) as { key: string; value: Node }[])
    named.set(key.toLowerCase(), rewriteQuery(need(need(value, "query"), "node"), named, context));
  return named;
}

function rewriteSetOperation(node: Node, env: Env, context: RewriteContext): Relation {
  const [left, right] = [rewriteQuery(need(node, "left"), env, context), rewriteQuery(need(node, "right"), env, context)];
  if (left.kind === "free" && right.kind === "free") return free;
  if (left.kind === "free" || right.kind === "free" || node["setop_type"] !== "UNION" || node["setop_all"] !== true)
    throw new Underivable("a set operation on protected rows");
  if (left.owners.length !== right.owners.length) throw new Underivable("operands with different owners");
  return left;
}

function rewriteSelect(node: Node, env: Env, context: RewriteContext, top: ((found: Outermost) => void) | undefined): Relation {
  const leaves = readFrom(child(node, "from_table"), env, (query, scope) => rewriteQuery(query, scope, context));
  for (const part of [...parts.map((name) => node[name]), node["from_table"]])
    for (const expression of walk(part))
      if (expression["class"] === "SUBQUERY") rewriteSubquery(expression, leaves, env, context);
  if (leaves.length === 0) return free;
  const calls = aggregatesIn(
    outputs.map((name) => node[name]),
    context.aggregates,
  );
  const grouped =
    nodes(node["group_expressions"]).length > 0 || node["aggregate_handling"] === "FORCE_AGGREGATES" || calls.length > 0;
  if (!grouped) return keepRows(node, leaves);
  const held = heldOwner(node, leaves, context);
  if (held !== undefined) return keepOwners(node, leaves, held);
  release(node, leaves, calls, context, top);
  return free;
}

/** Subqueries tied to the outer row by the owner's key speak of that owner only; others must release what they give. */
function rewriteSubquery(expression: Node, leaves: readonly Leaf[], env: Env, context: RewriteContext): void {
  const query = need(need(expression, "subquery"), "node");
  const keys = new Set(leaves.flatMap(({ relation }) => [...relation.keys]));
  const isKey = (value: unknown): boolean =>
    isNode(value) && value["class"] === "COLUMN_REF" && columnsIn(value).every((name) => keys.has(name));
  const outer = new Set(leaves.map(({ alias }) => alias.toLowerCase()));
  const isOuter = (value: unknown): boolean =>
    isNode(value) && outer.has(String((value["column_names"] as readonly unknown[] | undefined)?.[0]).toLowerCase());
  const where = child(query, "where_clause");
  const conjuncts = where?.["type"] === "CONJUNCTION_AND" ? nodes(where["children"]) : where === undefined ? [] : [where];
  const tied = conjuncts.some(
    ({ type, left, right }) => type === "COMPARE_EQUAL" && isKey(left) && isKey(right) && (isOuter(left) || isOuter(right)),
  );
  const byKey = expression["subquery_type"] === "ANY" && isKey(expression["child"]) && isKey(nodes(query["select_list"])[0]);
  if (leaves.length > 0 && (tied || byKey)) return;
  if (rewriteQuery(query, env, context).kind === "subject")
    throw new Underivable("a subquery over protected rows that is not tied to the owner");
}

const hiddenOwners = (leaves: readonly Leaf[]): readonly { readonly from: Node; readonly kind: string }[] =>
  leaves.flatMap(({ alias, relation }) =>
    relation.owners.map((owner) => ({ from: column(alias, owner.column), kind: owner.kind })),
  );
const hiddenRecords = (leaves: readonly Leaf[]): readonly Node[] =>
  leaves.flatMap(({ alias, relation }) => relation.records.map((record) => column(alias, record)));

function append(node: Node, expression: Node, name: string): string {
  node["select_list"] = [...nodes(node["select_list"]), { ...expression, alias: name }];
  return name;
}

const hasDistinct = (node: Node): boolean => nodes(node["modifiers"]).some(({ type }) => type === "DISTINCT_MODIFIER");

/** Names under which a selection passes the owner's key on. */
function keysOf(node: Node, leaves: readonly Leaf[]): ReadonlySet<string> {
  const keys = new Set(leaves.flatMap(({ relation }) => [...relation.keys]));
  const passed = nodes(node["select_list"]).flatMap((item) => {
    if (item["class"] === "STAR") return [...keys];
    const [name] = item["class"] === "COLUMN_REF" ? columnsIn(item) : [];
    if (name === undefined || !keys.has(name)) return [];
    return [text(item, "alias") === "" ? name : text(item, "alias").toLowerCase()];
  });
  return new Set(passed);
}

function keepRows(node: Node, leaves: readonly Leaf[]): SubjectRelation {
  if (hasDistinct(node)) throw new Underivable("DISTINCT over protected rows");
  if (isNode(node["sample"])) throw new Underivable("a sample of protected rows");
  const keys = keysOf(node, leaves);
  const owners = hiddenOwners(leaves).map(({ from, kind }) => ({ column: append(node, from, `__h${hidden++}`), kind }));
  const records = hiddenRecords(leaves).map((record) => append(node, record, `__h${hidden++}`));
  return { kind: "subject", owners, records, keys };
}

/** The owner column that every group holds, if one does. */
function heldOwner(node: Node, leaves: readonly Leaf[], context: RewriteContext): Leaf | undefined {
  const items = nodes(node["select_list"]);
  const isPlain = (item: Node): boolean => aggregatesIn(item, context.aggregates).length === 0;
  const written =
    node["aggregate_handling"] === "FORCE_AGGREGATES"
      ? items.filter(isPlain)
      : nodes(node["group_expressions"]).map((expression) => named(expression, items));
  const sets = (node["group_sets"] as readonly (readonly number[])[] | undefined) ?? [];
  for (const [at, expression] of written.entries()) {
    if (expression["class"] !== "COLUMN_REF") continue;
    const names = (expression["column_names"] as readonly string[]).map((name) => name.toLowerCase());
    const holder = leaves.find(
      ({ alias, relation }) => relation.keys.has(names.at(-1) ?? "") && (names.length === 1 || names[0] === alias.toLowerCase()),
    );
    if (holder !== undefined && sets.every((set) => set.includes(at) || sets.length === 1)) return holder;
  }
  return undefined;
}

/** What a group key stands for: itself, the column of that place, or the column of that alias. */
function named(expression: Node, items: readonly Node[]): Node {
  if (expression["class"] === "CONSTANT") return items[Number(child(expression, "value")?.["value"]) - 1] ?? expression;
  const names = expression["class"] === "COLUMN_REF" ? (expression["column_names"] as readonly string[]) : [];
  const [name] = names;
  if (names.length !== 1 || name === undefined) return expression;
  return items.find((item) => text(item, "alias").toLowerCase() === name.toLowerCase()) ?? expression;
}

/** One row per owner (and whatever else is held): still the owner's. */
function keepOwners(node: Node, leaves: readonly Leaf[], held: Leaf): SubjectRelation {
  const [owner] = held.relation.owners;
  if (owner === undefined || leaves.some(({ relation }) => relation.owners.some(({ kind }) => kind !== owner.kind)))
    throw new Underivable("groups that hold one of two owners");
  const keys = keysOf(node, leaves);
  const from = call("any_value", [column(held.alias, owner.column)]);
  const own = append(node, from, `__h${hidden++}`);
  const record = append(node, call("concat", [textConstant("g"), from]), `__h${hidden++}`);
  return { kind: "subject", owners: [{ column: own, kind: owner.kind }], records: [record], keys };
}

const newline = (): Node =>
  call("chr", [{ ...textConstant(""), value: { type: { id: "INTEGER", type_info: null }, is_null: false, value: 10 } }]);
const joined = (expressions: readonly Node[], separator: string): readonly Node[] =>
  expressions.flatMap((expression, at) => (at === 0 ? [expression] : [textConstant(separator), expression]));

/** Here owners disappear: each figure stands only where the rules allow it. */
function release(
  node: Node,
  leaves: readonly Leaf[],
  calls: readonly Node[],
  context: RewriteContext,
  top: ((found: Outermost) => void) | undefined,
): void {
  const owners = hiddenOwners(leaves).map(({ from }) => from);
  const ownerKeys = new Set(leaves.flatMap(({ relation }) => [...relation.keys]));
  const rowText = (amount: Node, extra?: Node): Node =>
    call("concat", [
      ...joined(owners, ","),
      textConstant(";"),
      ...joined(hiddenRecords(leaves), "+"),
      textConstant(";"),
      amount,
      ...(extra === undefined ? [] : [textConstant(";"), cast(extra, "VARCHAR")]),
    ]);
  const listOf = (row: Node, condition: Node | undefined): Node => call("string_agg", [row, newline()], condition);

  const figures = new Map<string, Figure>();
  for (const one of calls)
    figures.set(
      canonical(one),
      readFigure(one, (names) => names.length > 0 && names.every((name) => ownerKeys.has(name))),
    );
  const entry = context.book.enter([...figures.values()]);
  const texts = entry.atoms.map((atom) =>
    listOf(rowText(atom.amount === undefined ? textConstant("1") : cast(atom.amount, "DOUBLE")), conditionOf(atom)),
  );
  const ask = (what: string): Node => call("hg_ok", [textConstant(`${entry.node}:${context.mode}:${what}`), ...texts]);

  const guarded = (value: unknown): unknown =>
    replace(value, (expression) => {
      if (!isAggregateCall(expression, context.aggregates)) return undefined;
      const key = canonical(expression);
      const figure = figures.get(key) ?? { kind: "never" as const };
      if (figure.kind === "values") {
        const list = listOf(rowText(textConstant("1"), figure.of), and(figure.conditions));
        return { ...call("hg_values", [list]), alias: text(expression, "alias") };
      }
      const places = entry.placesOf(figure);
      const allowed = places.length === 0 ? { ...nullConstant() } : ask(places.join(","));
      return caseWhen(allowed, { ...expression, alias: "" }, nullConstant(), text(expression, "alias"));
    });

  if (context.mode === "cells" && top !== undefined) {
    const items = nodes(node["select_list"]);
    const windows = (item: Node): boolean => [...walk(item)].some((expression) => expression["class"] === "WINDOW");
    const columns = items.map((item) => {
      const inside = aggregatesIn(item, context.aggregates);
      if (inside.length === 0 && !windows(item)) return undefined;
      return inside.flatMap((one) => entry.placesOf(figures.get(canonical(one)) ?? { kind: "never" }));
    });
    if (items.some((item) => item["class"] === "STAR" || windows(item)))
      throw new Underivable("columns that are not figures of their row alone");
    node["select_list"] = [
      ...items.map((item, at) => (columns[at] === undefined ? item : nullConstant(text(item, "alias")))),
      { ...call("hg_tell", [textConstant(String(entry.node)), ...texts]), alias: "__cells" },
    ];
    for (const name of ["having", "qualify"]) node[name] = null;
    node["modifiers"] = [];
    top({ node: entry.node, columns });
    return;
  }
  for (const name of outputs) node[name] = guarded(node[name]);
  // A row of which nothing may be shown looks like a row that never was.
  const shown = ask("any");
  node["having"] = isNode(node["having"]) ? and([shown, node["having"]]) : shown;
}
