import { createRequire } from "node:module";
import { mention, type TableMention } from "./engine-tables.ts";

/** What the edge's own parser makes of a text. */
export interface FirewallReading {
  /** It read the text, as exactly one SELECT or WITH statement. */
  readonly ok: boolean;
  /** Kinds of the statements read, e.g. ["select", "drop"]; empty where it could not read the text. */
  readonly kinds: readonly string[];
  readonly mentions: readonly TableMention[];
}

interface ForeignParser {
  astify(sql: string, options: { readonly database: "postgresql" }): unknown;
}

/**
 * The statement firewall: node-sql-parser in PostgreSQL mode. It misreads what PostgreSQL does not
 * have (`t NATURAL JOIN u` becomes an alias), so its word never decides what runs; it names what
 * kind of statement stands there, and its disagreements with the engine are recorded.
 */
export function createFirewall(): { read(sql: string): FirewallReading } {
  // CommonJS without named exports; the dialect's own build is 10 times smaller than the whole.
  const foreign: { Parser: new () => ForeignParser } = createRequire(import.meta.url)("node-sql-parser/build/postgresql.js");
  const parser = new foreign.Parser();
  return {
    read(sql) {
      let tree: unknown;
      try {
        tree = parser.astify(sql, { database: "postgresql" });
      } catch {
        return { ok: false, kinds: [], mentions: [] };
      }
      const statements: readonly unknown[] = Array.isArray(tree) ? tree : [tree];
      const kinds = statements.map(kindOf);
      return { ok: kinds.length === 1 && kinds[0] === "select", kinds, mentions: mentionsOf(tree) };
    },
  };
}

function kindOf(statement: unknown): string {
  if (typeof statement !== "object" || statement === null || !("type" in statement)) return "unknown";
  return typeof statement.type === "string" ? statement.type : "unknown";
}

function mentionsOf(tree: unknown): TableMention[] {
  const found: TableMention[] = [];
  const open: unknown[] = [tree];
  while (open.length > 0) {
    const node = open.pop();
    if (typeof node !== "object" || node === null) continue;
    if ("table" in node && typeof node.table === "string" && "as" in node && "db" in node)
      found.push(mention(node.table, typeof node.as === "string" ? node.as : null));
    open.push(...Object.values(node));
  }
  return found;
}
