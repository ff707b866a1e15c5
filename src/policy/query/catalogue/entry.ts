/**
 * How a function may touch values of protected rows. `none`: only released or public values and constants.
 * `date`: part or truncation of a date; `text`: slice or case of a text; `number`: whole-number arithmetic on
 * date parts and buckets; `pattern`: constant pattern in a condition; `shape`: rewritten by the compiler itself.
 */
export type SubjectUse = "none" | "date" | "text" | "number" | "pattern" | "shape";

/** One line of the catalogue. What is not in it does not exist for operators. */
export interface FunctionEntry {
  readonly kind: "scalar" | "aggregate" | "window";
  readonly syntax: "call" | "infix" | "postfix" | "subscript" | "slice" | "field" | "collate";
  /** Fewest and most arguments. */
  readonly arity: readonly [number, number];
  readonly subject: SubjectUse;
}

const many = Number.POSITIVE_INFINITY;

export function scalar(fewest: number, most: number, subject: SubjectUse = "none"): FunctionEntry {
  return Object.freeze<FunctionEntry>({ kind: "scalar", syntax: "call", arity: [fewest, most], subject });
}
export function infix(subject: SubjectUse, fewest = 2): FunctionEntry {
  return Object.freeze<FunctionEntry>({ kind: "scalar", syntax: "infix", arity: [fewest, 2], subject });
}
export function postfix(): FunctionEntry {
  return Object.freeze<FunctionEntry>({ kind: "scalar", syntax: "postfix", arity: [1, 1], subject: "none" });
}
/** A form of its own that is written like no function. */
export function form(syntax: "subscript" | "slice" | "field" | "collate", fewest: number, most = fewest): FunctionEntry {
  return Object.freeze<FunctionEntry>({ kind: "scalar", syntax, arity: [fewest, most], subject: "none" });
}
export function aggregate(fewest: number, most: number, subject: SubjectUse = "none"): FunctionEntry {
  return Object.freeze<FunctionEntry>({ kind: "aggregate", syntax: "call", arity: [fewest, most], subject });
}
export function windowed(): FunctionEntry {
  return Object.freeze<FunctionEntry>({ kind: "window", syntax: "call", arity: [0, many], subject: "none" });
}
export { many };
