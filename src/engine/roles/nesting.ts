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
      case "'":
        at = endOfString(sql, at, isEscapePrefix(sql, at - 1));
        break;
      case '"':
        at = endOf(sql, '"', at + 1);
        break;
      case "-":
        if (sql[at + 1] === "-") at = endOf(sql, "\n", at + 2);
        break;
      case "/":
        if (sql[at + 1] === "*") at = endOfComment(sql, at + 2);
        break;
      case "$":
        at = endOfDollarString(sql, at);
        break;
      default:
        break;
    }
  }
  return deepest;
}

/** Index of the last character of what ends with `stop`, or the text's end. */
function endOf(sql: string, stop: string, from: number): number {
  const found = sql.indexOf(stop, from);
  return found === -1 ? sql.length : found + stop.length - 1;
}

function isEscapePrefix(sql: string, at: number): boolean {
  return /[eE]/.test(sql[at] ?? "") && !/[\w$]/.test(sql[at - 1] ?? "");
}

function endOfString(sql: string, start: number, escapes: boolean): number {
  if (!escapes) return endOf(sql, "'", start + 1);
  for (let at = start + 1; at < sql.length; at++) {
    if (sql[at] === "\\") at++;
    else if (sql[at] === "'") return at;
  }
  return sql.length;
}

function endOfComment(sql: string, from: number): number {
  let open = 1;
  let at = from;
  while (at < sql.length && open > 0) {
    if (sql.startsWith("*/", at)) {
      open--;
      at += 2;
    } else if (sql.startsWith("/*", at)) {
      open++;
      at += 2;
    } else at++;
  }
  return at - 1;
}

const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;

function endOfDollarString(sql: string, start: number): number {
  dollarTag.lastIndex = start;
  const tag = dollarTag.exec(sql)?.[0];
  return tag === undefined ? start : endOf(sql, tag, start + tag.length);
}
