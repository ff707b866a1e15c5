import type { TextPosition } from "./compiler-messages.ts";
import { skippedAt } from "./sql-scan.ts";

/** One statement of a file, from its first token on. */
export interface PlacedStatement {
  readonly text: string;
  /** Where it begins in the file. */
  readonly at: TextPosition;
}

/** A place in a statement, as a place in the file that holds it. */
export function placeInFile(start: TextPosition, at: TextPosition): TextPosition {
  return { line: start.line + at.line - 1, column: at.line === 1 ? start.column + at.column - 1 : at.column };
}

/** The statements between semicolons; those in strings, quoted names and comments separate nothing. What is empty is left out. */
export function splitStatements(sql: string): readonly PlacedStatement[] {
  const found: PlacedStatement[] = [];
  const place = createPlaces(sql);
  let first: number | undefined;
  const end = (at: number): void => {
    if (first !== undefined) found.push({ text: sql.slice(first, at).trimEnd(), at: place(first) });
    first = undefined;
  };
  for (let at = 0; at < sql.length; at++) {
    if (sql[at] === ";") {
      end(at);
      continue;
    }
    const skipped = skippedAt(sql, at);
    if (skipped?.comment !== true && /\S/.test(sql[at] ?? "")) first ??= at;
    at = skipped?.last ?? at;
  }
  end(sql.length);
  return found;
}

/** Places of ascending indices, each counted on from the last. */
function createPlaces(sql: string): (index: number) => TextPosition {
  let line = 1;
  let lineStart = 0;
  return (index) => {
    for (let next = sql.indexOf("\n", lineStart); next !== -1 && next < index; next = sql.indexOf("\n", lineStart)) {
      line++;
      lineStart = next + 1;
    }
    return { line, column: Array.from(sql.slice(lineStart, index)).length + 1 };
  };
}
