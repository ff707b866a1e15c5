/** A node of the engine's serialised tree, changed in place. */
export type Node = { [field: string]: unknown };

/** The reference does not know this statement; whoever judges must then be strict. */
export class Underivable extends Error {
  override readonly name = "Underivable";
}

export const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && !Array.isArray(value);

export function nodes(value: unknown): Node[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

export function child(node: Node, field: string): Node | undefined {
  const value = node[field];
  return isNode(value) ? value : undefined;
}

export function need(node: Node, field: string): Node {
  const value = child(node, field);
  if (value === undefined) throw new Underivable(`the tree has no ${field}`);
  return value;
}

export const text = (node: Node, field: string): string => String(node[field] ?? "");

export const copy = <T>(value: T): T => structuredClone(value);

/** The statement's tree. Locations are dropped: some are 2^64 − 1, which no JavaScript number holds. */
export function parseTree(json: string): Node {
  const whole: unknown = JSON.parse(json.replace(/"query_location":\d+/g, '"query_location":0'));
  if (!isNode(whole) || whole["error"] === true) throw new Underivable("the engine reads no SELECT here");
  if (nodes(whole["statements"]).length !== 1) throw new Underivable("not one statement");
  return whole;
}

/** All expressions below, itself included, but not those of subqueries. */
export function* walk(value: unknown): Generator<Node> {
  if (Array.isArray(value)) {
    for (const one of value) yield* walk(one);
  } else if (isNode(value)) {
    yield value;
    for (const [field, one] of Object.entries(value)) if (field !== "subquery") yield* walk(one);
  }
}

/** The same tree with every expression replaced for which `change` gives another, outermost first. */
export function replace(value: unknown, change: (node: Node) => Node | undefined): unknown {
  if (Array.isArray(value)) return value.map((one) => replace(one, change));
  if (!isNode(value)) return value;
  const other = change(value);
  if (other !== undefined) return other;
  return Object.fromEntries(
    Object.entries(value).map(([field, one]) => [field, field === "subquery" ? one : replace(one, change)]),
  );
}

/** Last parts of the column names an expression reads. */
export function columnsIn(value: unknown): readonly string[] {
  return [...walk(value)]
    .filter((node) => node["class"] === "COLUMN_REF")
    .map((node) => String((node["column_names"] as readonly unknown[]).at(-1)).toLowerCase());
}

/** Equal expressions give equal texts, whatever they are called. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (field, one: unknown) => (field === "alias" || field === "query_location" ? undefined : one));
}
