import { readFile } from "node:fs/promises";
import { splitStatements, type TextPosition } from "../engine/index.ts";
import { UsageError } from "./options.ts";

/** A statement of a file, or why the file holds none. */
export type FileStatement =
  | { readonly file: string; readonly kind: "text"; readonly text: string; readonly at: TextPosition }
  | {
      readonly file: string;
      readonly kind: "unreadable";
      readonly code: string;
      readonly at: TextPosition;
      readonly found: string;
    };

async function bytesOf(option: string, path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    const why =
      code === "ENOENT" ? "there is no such file" : code === "EISDIR" ? "it is a folder" : `it cannot be read (${code})`;
    throw new UsageError(`${option} ${path}: ${why}.`, { cause: error });
  }
}

/** The JSON value of a file. Throws `UsageError`. */
export async function readJsonFile(option: string, path: string): Promise<unknown> {
  const bytes = await bytesOf(option, path);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new UsageError(`${option} ${path}: no JSON: ${error instanceof Error ? error.message : String(error)}.`, {
      cause: error,
    });
  }
}

/**
 * The statements of a file, in order. A file that holds none, or is no text, is one refused statement: a
 * check that looked at nothing must not pass. Throws `UsageError` where the file cannot be read.
 */
export async function readStatements(path: string): Promise<readonly FileStatement[]> {
  const bytes = await bytesOf("--sql", path);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const good = new TextDecoder().decode(bytes).split("\ufffd", 1)[0] ?? "";
    const lines = good.split("\n");
    const at = { line: lines.length, column: Array.from(lines.at(-1) ?? "").length + 1 };
    return [{ file: path, kind: "unreadable", code: "QUERY_SYNTAX", at, found: "bytes that are no UTF-8 text" }];
  }
  const statements = splitStatements(text);
  if (statements.length > 0) return statements.map((statement) => ({ file: path, kind: "text", ...statement }));
  const at = { line: 1, column: 1 };
  return [{ file: path, kind: "unreadable", code: "QUERY_NOT_ONE_SELECT", at, found: "a file without a statement" }];
}
