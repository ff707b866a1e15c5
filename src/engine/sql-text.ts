/** Writes an identifier: always quoted, quotes doubled, so that a column name is never read as SQL. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Writes a string literal: quotes doubled; DuckDB reads no backslash escapes in it. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
