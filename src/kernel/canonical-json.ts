import { KernelError } from "./errors.ts";

/** What JSON can say: numbers are finite doubles, greater integers and decimals travel as strings. */
export type JsonValue = null | boolean | number | string | JsonArray | JsonObject;
export type JsonArray = readonly JsonValue[];
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** Deeper values are refused: hostile nesting must end in a coded error, not in a stack overflow. */
const maxDepth = 500;

/**
 * One value, one text: RFC 8785 (JCS), the form that is hashed and signed.
 * Throws `KERNEL_JSON_INVALID` for whatever JSON would silently change or drop: NaN, infinities,
 * undefined, functions, bigints, lone surrogates, sparse arrays, class instances, cycles.
 */
export function canonicalJson(value: JsonValue): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return writeString(value);
    case "number":
      if (!Number.isFinite(value)) return fail(`the number ${value} has no JSON form`);
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      if (depth >= maxDepth) return fail(`nested deeper than ${maxDepth} levels, or a cycle`);
      return Array.isArray(value) ? writeArray(value, depth) : writeObject(value, depth);
    default:
      return fail(`a value of type ${typeof value} has no JSON form`);
  }
}

function writeString(text: string): string {
  // JSON.stringify would write a lone surrogate as \udXXX: not I-JSON, and two parsers may differ on it.
  if (!text.isWellFormed()) return fail("a text holds a lone surrogate");
  return JSON.stringify(text);
}

function writeArray(items: readonly unknown[], depth: number): string {
  const parts: string[] = [];
  for (const item of items) parts.push(write(item, depth + 1));
  return `[${parts.join(",")}]`;
}

function writeObject(object: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) {
    return fail("an instance of a class has no JSON form: turn it into plain data first");
  }
  const fields: Readonly<Record<string, unknown>> = { ...object };
  const parts: string[] = [];
  // `<` compares UTF-16 code units, which is the order that RFC 8785 §3.2.3 asks for.
  for (const key of Object.keys(object).sort((a, b) => (a < b ? -1 : 1))) {
    parts.push(`${writeString(key)}:${write(fields[key], depth + 1)}`);
  }
  return `{${parts.join(",")}}`;
}

function fail(reason: string): never {
  throw new KernelError("KERNEL_JSON_INVALID", `not canonical JSON: ${reason}`);
}
