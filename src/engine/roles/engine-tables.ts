/** A table as a statement names it: `name` or `name as alias`, lower case. */
export type TableMention = string;

export function mention(name: string, alias: string | null | undefined): TableMention {
  return alias === null || alias === undefined || alias === "" ? name.toLowerCase() : `${name} as ${alias}`.toLowerCase();
}

/** Every table mention in the engine's own tree, in any order; names of CTEs included. */
export function mentionsInTree(tree: unknown): TableMention[] {
  const found: TableMention[] = [];
  const open: unknown[] = [tree];
  while (open.length > 0) {
    const node = open.pop();
    if (typeof node !== "object" || node === null) continue;
    if ("type" in node && node.type === "BASE_TABLE" && "table_name" in node && typeof node.table_name === "string")
      found.push(mention(node.table_name, "alias" in node && typeof node.alias === "string" ? node.alias : ""));
    open.push(...Object.values(node));
  }
  return found;
}
