import type { Rejected, TextPosition } from "../compiler-messages.ts";

/** Line and column of a byte offset in the UTF-8 form of the text: the engine counts bytes. */
export function positionOf(sql: string, byteOffset: number): TextPosition {
  const before = Buffer.from(sql).subarray(0, byteOffset).toString();
  const lineStart = before.lastIndexOf("\n") + 1;
  let line = 1;
  for (const character of before) if (character === "\n") line++;
  return { line, column: Array.from(before.slice(lineStart)).length + 1 };
}

interface EngineError {
  readonly type: string;
  readonly message: string;
  readonly subtype: string;
  readonly name: string;
  readonly position: number | undefined;
}

function field(source: object, name: string): string {
  const value: unknown = Reflect.get(source, name);
  return typeof value === "string" ? value : "";
}

/** Reads the engine's error as JSON (`errors_as_json`, or the answer of `json_serialize_sql`). */
export function readEngineError(text: string): EngineError {
  let source: unknown;
  try {
    source = JSON.parse(text);
  } catch {
    source = undefined;
  }
  if (typeof source !== "object" || source === null) return { type: "", message: "", subtype: "", name: "", position: undefined };
  const position = Number.parseInt(field(source, "position"), 10);
  return {
    type: field(source, "exception_type") || field(source, "error_type"),
    message: field(source, "exception_message") || field(source, "error_message"),
    subtype: field(source, "error_subtype"),
    name: field(source, "name"),
    position: Number.isSafeInteger(position) ? position : undefined,
  };
}

const maxMessage = 300;

/** First line only: what follows are candidates ("Did you mean …") and an echo of the text. */
function firstLine(message: string): string {
  const line = message.split("\n", 1)[0] ?? "";
  return line.length > maxMessage ? `${line.slice(0, maxMessage)}…` : line;
}

const isUnknownColumn = (error: EngineError): boolean => error.subtype === "COLUMN_NOT_FOUND";
const isUnknownTable = (error: EngineError): boolean => error.subtype === "MISSING_ENTRY" && error.type === "Catalog";

/** Whether the engine's error is about a name that stands for nothing. */
export function isUnknownName(text: string): boolean {
  const error = readEngineError(text);
  return isUnknownColumn(error) || isUnknownTable(error);
}

export const unbindable = "The statement cannot be bound to the tables of this agreement.";

function bindMessage(error: EngineError): string {
  // One wording for what does not exist and for what stands outside the agreement's scope.
  if (isUnknownColumn(error)) return `Column "${error.name.slice(0, maxMessage)}" is not in scope.`;
  if (isUnknownTable(error)) return `"${error.name.slice(0, maxMessage)}" is not in scope.`;
  switch (error.type) {
    case "Binder":
    case "Catalog":
      return firstLine(error.message);
    default:
      // Conversion and execution errors can print values of the compiler process itself.
      return unbindable;
  }
}

export function syntaxRejection(sql: string, text: string): Rejected & { readonly notSelect: boolean } {
  const error = readEngineError(text);
  const notSelect = error.type === "not implemented";
  const message = notSelect
    ? "Exactly one SELECT or WITH statement is accepted."
    : error.type === "parser" && error.message !== ""
      ? firstLine(error.message)
      : "The text could not be parsed.";
  return { kind: "rejected", stage: "syntax", message, position: place(sql, error), notSelect };
}

export const tooHard = "The statement took too much time or memory to compile; make it simpler.";

export function bindRejection(sql: string, text: string): Rejected {
  const error = readEngineError(text);
  if (error.type === "Out of Memory") return { kind: "rejected", stage: "limit", message: tooHard };
  return { kind: "rejected", stage: "bind", message: bindMessage(error), position: place(sql, error) };
}

function place(sql: string, error: EngineError): TextPosition | undefined {
  return error.position === undefined ? undefined : positionOf(sql, error.position);
}
