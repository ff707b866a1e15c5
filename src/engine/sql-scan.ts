/** Where what the lexer takes as one piece ends, so that scanners of statements look at code only. */
export interface SkippedText {
  /** Index of its last character; the text's length where nothing ends it. */
  readonly last: number;
  readonly comment: boolean;
}

const identifierPart = /[\w$\u0080-\uffff]/;

/**
 * The string, quoted name or comment that begins at `at`, or undefined where code stands there. One pass without
 * recursion; where this reading and the engine's own lexer should differ, the engine's decides what is compiled.
 */
export function skippedAt(sql: string, at: number): SkippedText | undefined {
  switch (sql[at]) {
    case "'":
      return text(endOfString(sql, at, isEscapePrefix(sql, at - 1)));
    case '"':
      return text(endOf(sql, '"', at + 1));
    case "$":
      return identifierPart.test(sql[at - 1] ?? "") ? undefined : dollarString(sql, at);
    case "-":
      return sql[at + 1] === "-" ? { last: endOf(sql, "\n", at + 2), comment: true } : undefined;
    case "/":
      return sql[at + 1] === "*" ? { last: endOfComment(sql, at + 2), comment: true } : undefined;
    default:
      return undefined;
  }
}

const text = (last: number): SkippedText => ({ last, comment: false });

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

function dollarString(sql: string, start: number): SkippedText | undefined {
  dollarTag.lastIndex = start;
  const tag = dollarTag.exec(sql)?.[0];
  return tag === undefined ? undefined : text(endOf(sql, tag, start + tag.length));
}
