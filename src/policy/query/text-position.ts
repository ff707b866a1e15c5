/** Both count from 1; columns count characters (code points), not bytes. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** Line and column of a UTF-8 byte offset, which is how DuckDB's tree says where something stands. */
export function textPosition(text: string, byteOffset: number): TextPosition {
  const before = new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, byteOffset));
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: Array.from(before.slice(lineStart)).length + 1 };
}
