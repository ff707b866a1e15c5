/**
 * How a function may touch values of protected rows. `none`: only released or public values and constants.
 * `date`: part or truncation of a date; `text`: slice or case of a text; `number`: whole-number arithmetic on
 * date parts and buckets; `pattern`: constant pattern in a condition; `shape`: rewritten by the compiler itself.
 */
export type SubjectUse = "none" | "date" | "text" | "number" | "pattern" | "shape";

/** One line of the catalogue. What is not in it does not exist for operators. */
export interface FunctionEntry {
  readonly kind: "scalar" | "aggregate" | "window";
  readonly syntax: "call" | "infix" | "prefix";
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
export function aggregate(fewest: number, most: number, subject: SubjectUse = "none"): FunctionEntry {
  return Object.freeze<FunctionEntry>({ kind: "aggregate", syntax: "call", arity: [fewest, most], subject });
}
export function windowed(): FunctionEntry {
  return Object.freeze<FunctionEntry>({ kind: "window", syntax: "call", arity: [0, many], subject: "none" });
}
export { many };
