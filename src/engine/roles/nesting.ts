import { skippedAt } from "../sql-scan.ts";

/**
 * Deepest nesting of brackets in a statement, in one pass without recursion. Parsers recurse where
 * an attacker nests, so this runs before them. Text inside strings, quoted names and comments does
 * not count; where this scanner and the engine's lexer should differ, a process dies, no more.
 */
export function nestingDepth(sql: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < sql.length; at++) {
    switch (sql[at]) {
      case "(":
      case "[":
      case "{":
        depth++;
        if (depth > deepest) deepest = depth;
        break;
      case ")":
      case "]":
      case "}":
        depth--;
        break;
      default:
        at = skippedAt(sql, at)?.last ?? at;
    }
  }
  return deepest;
}
