import type { JsonValue } from "../../../kernel/index.ts";
import { stop } from "../refusal.ts";
import { foldName } from "../schema.ts";
import { isDateText } from "../subject/constant.ts";
import { exactNumber } from "./exact-json.ts";

/** What a caller sends beside a statement: `{"from": {"type": "DATE", "value": "2026-01-31"}}`. */
export type WrittenParameters = Readonly<Record<string, { readonly type: string; readonly value: JsonValue }>>;

/** A literal in the engine's own tree, without its place and its alias. */
export type LiteralNode = Readonly<Record<string, unknown>>;

/** Values by folded name: the engine tells no `$From` from `$from`. */
export type ParameterValues = ReadonlyMap<string, { readonly name: string; readonly node: LiteralNode }>;

const maxParameters = 100;
const nameForm = /^[A-Za-z_]\w{0,62}$/;
/** More digits would be changed on their way through the tree; a written number may not have them either. */
const maxDigits = 15;

function constant(id: string, value: unknown, info: unknown = null): LiteralNode {
  return { class: "CONSTANT", type: "VALUE_CONSTANT", value: { type: { id, type_info: info }, is_null: false, value } };
}

const nullNode: LiteralNode = {
  class: "CONSTANT",
  type: "VALUE_CONSTANT",
  value: { type: { id: "NULL", type_info: null }, is_null: true },
};

/** A text with the type written beside it, as the engine reads `DATE '2026-01-31'`. */
function typedText(text: string, id: string): LiteralNode {
  return {
    class: "CAST",
    type: "OPERATOR_CAST",
    child: { ...constant("VARCHAR", text), alias: "", query_location: 0 },
    cast_type: { id, type_info: null },
    try_cast: false,
  };
}

function wholeNumber(bits: number): ReadNode {
  return (value) => {
    const text = typeof value === "number" ? String(value) : value;
    if (typeof text !== "string" || !/^-?\d{1,15}$/.test(text)) return undefined;
    const number = Number(text);
    if (Math.abs(number) >= 2 ** (bits - 1)) return undefined;
    return constant(Math.abs(number) < 2 ** 31 ? "INTEGER" : "BIGINT", exactNumber(String(number + 0)));
  };
}

function decimalNumber(width: number, scale: number): ReadNode {
  return (value) => {
    const [, sign, whole = "", fraction = ""] = (typeof value === "string" && /^(-?)(\d+)(?:\.(\d+))?$/.exec(value)) || [];
    const digits = `${whole}${fraction.padEnd(scale, "0")}`;
    if (sign === undefined || fraction.length > scale || digits.length > Math.min(width, maxDigits)) return undefined;
    const info = { type: "DECIMAL_TYPE_INFO", alias: "", extension_info: null, width: digits.length, scale };
    return constant("DECIMAL", exactNumber(String(Number(`${sign}${digits}`) + 0)), info);
  };
}

const finiteNumber: ReadNode = (value) => {
  if (typeof value !== "number") return undefined;
  const text = String(value);
  // The engine's tree reader takes a number without point or exponent for a whole one.
  return constant("DOUBLE", exactNumber(/[.e]/.test(text) ? text : `${text}.0`));
};

type ReadNode = (value: JsonValue) => LiteralNode | undefined;

const readers: ReadonlyMap<string, ReadNode> = new Map<string, ReadNode>([
  ["BOOLEAN", (value) => (typeof value === "boolean" ? typedText(value ? "t" : "f", "BOOLEAN") : undefined)],
  ["INTEGER", wholeNumber(32)],
  ["BIGINT", wholeNumber(64)],
  ["DOUBLE", finiteNumber],
  [
    "VARCHAR",
    (value) =>
      typeof value === "string" && value.isWellFormed() && !value.includes("\0") ? constant("VARCHAR", value) : undefined,
  ],
  [
    "DATE",
    (value) => (typeof value === "string" && value.length === 10 && isDateText(value) ? typedText(value, "DATE") : undefined),
  ],
  ["TIMESTAMP", (value) => (typeof value === "string" && isDateText(value) ? typedText(value, "TIMESTAMP") : undefined)],
]);

function readerOf(type: string): ReadNode | undefined {
  const [, width, scale] = /^DECIMAL\((\d{1,2}), ?(\d{1,2})\)$/.exec(type) ?? [];
  if (width === undefined) return readers.get(type);
  return Number(width) > 0 && Number(width) <= 38 && Number(scale) <= Number(width)
    ? decimalNumber(Number(width), Number(scale))
    : undefined;
}

/** The values as literals, each held to its type; stops at the first that is none. */
export function readValues(written: WrittenParameters): ParameterValues {
  const entries = Object.entries(written);
  if (entries.length > maxParameters) stop("QUERY_TOO_LARGE", undefined, `more than ${maxParameters} parameters`);
  const values = new Map<string, { readonly name: string; readonly node: LiteralNode }>();
  for (const [name, { type, value }] of entries) {
    if (!nameForm.test(name)) stop("QUERY_PARAMETER_INVALID", undefined, "a parameter whose name is no plain name");
    if (values.has(foldName(name))) stop("QUERY_PARAMETER_INVALID", undefined, `two parameters named ${name}`);
    const read = readerOf(type) ?? stop("QUERY_PARAMETER_INVALID", undefined, `the parameter ${name} of an unknown type`);
    const node = value === null ? nullNode : read(value);
    if (node === undefined) stop("QUERY_PARAMETER_INVALID", undefined, `the parameter ${name}, whose value is no ${type}`);
    values.set(foldName(name), { name, node });
  }
  return values;
}
