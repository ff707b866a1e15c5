/** Both count from 1; columns count characters (code points), not bytes. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** Line and column of a UTF-8 byte offset, which is how DuckDB's tree says where something stands. */
export function textPosition(text: string, byteOffset: number): TextPosition {
  const before = new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, byteOffset));
  const lines = before.split("\n");
  return { line: lines.length, column: Array.from(lines.at(-1) ?? "").length + 1 };
}
