import { canonical, child, columnsIn, isNode, type Node, nodes, text, walk } from "./ast.ts";
import { and, call, isNotNull, isNotTrue } from "./build.ts";

/** One set of rows that a figure is made of, and what each of them brings. */
export interface Atom {
  /** Atoms of one base are about the same unknowns. */
  readonly base: string;
  /** `one`: however many rows an owner has, it counts once. */
  readonly perOwner: "sum" | "one";
  readonly conditions: readonly Node[];
  /** What a row brings; absent: 1. */
  readonly amount?: Node | undefined;
  /** Needed only for the figure's exactness: a figure without it may be shown, and may be withheld. */
  readonly extra: boolean;
}

/** How an aggregate over protected rows is judged. */
export type Figure =
  | { readonly kind: "atoms"; readonly atoms: readonly Atom[] }
  | { readonly kind: "quantile"; readonly of: Node; readonly points: readonly number[]; readonly conditions: readonly Node[] }
  /** The number of values that pass by themselves. */
  | { readonly kind: "values"; readonly of: Node; readonly conditions: readonly Node[] }
  /** No rule allows it. */
  | { readonly kind: "never" };

/** The parts of a sum that are summed apart: `sum(CASE WHEN c THEN x ELSE 5 END)` is sum(x) where c, and a count where not c. */
interface Part {
  readonly conditions: readonly Node[];
  readonly amount: Node | number;
}

const isCondition = (node: Node): boolean =>
  ["COMPARISON", "CONJUNCTION", "BETWEEN"].includes(text(node, "class")) ||
  /^(OPERATOR_NOT|OPERATOR_IS_NULL|OPERATOR_IS_NOT_NULL|COMPARE_IN|COMPARE_NOT_IN)$/.test(text(node, "type")) ||
  (node["class"] === "FUNCTION" &&
    /^!?~~\*?$|^(starts_with|contains|regexp_matches|prefix|suffix)$/.test(text(node, "function_name")));

/** The number a constant expression stands for; NULL is `null`, no constant `undefined`. */
export function numberOf(node: Node): number | null | undefined {
  if (node["class"] === "CAST") return numberOf(child(node, "child") ?? {});
  if (node["class"] === "FUNCTION" && node["function_name"] === "-" && nodes(node["children"]).length === 1) {
    const operand = numberOf(nodes(node["children"])[0] ?? {});
    return typeof operand === "number" ? -operand : operand;
  }
  if (node["class"] !== "CONSTANT") return undefined;
  const value = child(node, "value") ?? {};
  if (value["is_null"] === true) return null;
  const info = child(child(value, "type") ?? {}, "type_info");
  const scale = info === undefined ? 0 : Number(info["scale"] ?? 0);
  const number = Number(value["value"]);
  return Number.isFinite(number) && typeof value["value"] !== "boolean" ? number / 10 ** scale : undefined;
}

/** Functions of one stored value that are monotone or a part of a date: their sums are sums of measures. */
const shaping = /^(ln|log|log10|sqrt|year|month|day|quarter|week|date_part|date_diff|datediff|\+|-|\*)$/;

/** A stored value, or a listed function of it: nothing that could single one row out. */
function isMeasureLike(node: Node): boolean {
  if (node["class"] === "COLUMN_REF" || node["class"] === "CONSTANT") return true;
  if (node["class"] === "CAST") return child(node, "child") !== undefined && isMeasureLike(child(node, "child") ?? {});
  if (node["class"] !== "FUNCTION") return false;
  const operands = nodes(node["children"]);
  if (node["function_name"] === "/") return numberOf(operands[1] ?? {}) !== undefined && isMeasureLike(operands[0] ?? {});
  return shaping.test(text(node, "function_name")) && operands.every(isMeasureLike);
}

function partsOfCase(node: Node): readonly Part[] | undefined {
  const parts: Part[] = [];
  const before: Node[] = [];
  for (const check of nodes(node["case_checks"])) {
    const [when, then] = [child(check, "when_expr") ?? {}, child(check, "then_expr") ?? {}];
    const inner = partsOf(then);
    if (inner === undefined) return undefined;
    for (const part of inner) parts.push({ ...part, conditions: [...before, when, ...part.conditions] });
    before.push(isNotTrue(when));
  }
  const otherwise = partsOf(child(node, "else_expr") ?? {});
  if (otherwise === undefined) return undefined;
  return [...parts, ...otherwise.map((part) => ({ ...part, conditions: [...before, ...part.conditions] }))];
}

function partsOfCoalesce(operands: readonly Node[]): readonly Part[] | undefined {
  const [first, second, ...rest] = operands;
  if (first === undefined || second === undefined || rest.length > 0) return undefined;
  const [own, other] = [partsOf(first), partsOf(second)];
  if (own === undefined || other === undefined) return undefined;
  return [...own, ...other.map((part) => ({ ...part, conditions: [isNotTrue(isNotNull(first)), ...part.conditions] }))];
}

/** `x + c` is x and a count; a constant factor changes nothing of who stands behind. */
function partsOfArithmetic(name: string, operands: readonly Node[]): readonly Part[] | undefined {
  const [left, right] = operands;
  if (left === undefined) return undefined;
  if (right === undefined) return name === "-" ? partsOf(left) : undefined;
  const [a, b] = [numberOf(left), numberOf(right)];
  if (typeof a !== "number" && typeof b !== "number") return undefined;
  const [constant, parts] = typeof b === "number" ? [b, partsOf(left)] : [a ?? 0, partsOf(right)];
  if (parts === undefined || (name === "/" && typeof b !== "number")) return undefined;
  if (name === "*" || name === "/") return parts;
  const operand = typeof b === "number" ? left : right;
  return [...parts, { conditions: [isNotNull(operand)], amount: constant }];
}

/** Undefined: nothing the rules know how to take apart. */
function partsOf(node: Node): readonly Part[] | undefined {
  const constant = numberOf(node);
  if (constant === null || constant === 0) return [];
  if (constant !== undefined) return [{ conditions: [], amount: constant }];
  if (node["class"] === "CASE") return partsOfCase(node);
  if (isCondition(node)) return [{ conditions: [node], amount: 1 }];
  if (node["class"] === "CAST") {
    const operand = child(node, "child") ?? {};
    if (isCondition(operand) || operand["class"] === "CASE") return partsOf(operand);
  }
  if (node["type"] === "OPERATOR_COALESCE") return partsOfCoalesce(nodes(node["children"]));
  if (node["class"] === "FUNCTION" && /^[-+*/]$/.test(text(node, "function_name"))) {
    const parts = partsOfArithmetic(text(node, "function_name"), nodes(node["children"]));
    if (parts !== undefined) return parts;
  }
  return isMeasureLike(node) ? [{ conditions: [], amount: node }] : undefined;
}

function atomsOfSum(of: Node, filter: readonly Node[]): readonly Atom[] | undefined {
  const parts = partsOf(of);
  return parts?.map(({ conditions, amount }) =>
    typeof amount === "number"
      ? { base: "rows", perOwner: "sum", conditions: [...filter, ...conditions], extra: false }
      : sumOf(amount, [...filter, ...conditions], false),
  );
}

function sumOf(amount: Node, conditions: readonly Node[], extra: boolean): Atom {
  return { base: `sum ${canonical(amount)}`, perOwner: "sum", conditions: [...conditions, isNotNull(amount)], amount, extra };
}

const rows = (conditions: readonly Node[], extra = false): Atom => ({ base: "rows", perOwner: "sum", conditions, extra });
const times = (left: Node, right: Node): Node => call("*", [left, right]);

/** Sums of powers up to 2 of the arguments, and their products. */
function moments(values: readonly Node[], filter: readonly Node[]): Figure {
  if (!values.every(isMeasureLike)) return { kind: "never" };
  const conditions = [...filter, ...values.map(isNotNull)];
  const products = values.flatMap((left, at) => values.slice(at).map((right) => times(left, right)));
  return {
    kind: "atoms",
    atoms: [
      rows(conditions),
      ...values.map((value) => sumOf(value, conditions, false)),
      ...products.map((value) => sumOf(value, conditions, true)),
    ],
  };
}

function pointsOf(node: Node | undefined): readonly number[] {
  if (node === undefined) return [];
  const list = node["class"] === "FUNCTION" ? nodes(node["children"]) : [node];
  return list.map(numberOf).filter((point) => typeof point === "number");
}

const two = /^(corr|covar_pop|covar_samp|regr_(slope|intercept|r2|avgx|avgy|count|sxx|syy|sxy))$/;
const one = /^(stddev(_pop|_samp)?|var_(pop|samp)|variance|skewness|kurtosis(_pop)?|sem)$/;
const quantile = /^(median|quantile(_cont|_disc)?|approx_quantile)$/;

const isValue = (node: Node): boolean => node["class"] === "CONSTANT" && numberOf(node) !== null;

/** When an expression has a value: for `CASE WHEN c THEN x END`, when c holds and x has one; with constants in all branches, always. */
function presenceOf(node: Node): readonly Node[] {
  if (isValue(node)) return [];
  if (node["class"] === "CAST") return presenceOf(child(node, "child") ?? {});
  if (node["class"] !== "CASE") return [isNotNull(node)];
  const checks = nodes(node["case_checks"]);
  const [check, ...others] = checks;
  const otherwise = child(node, "else_expr");
  if (otherwise !== undefined && [...checks.map((one) => child(one, "then_expr") ?? {}), otherwise].every(isValue)) return [];
  if (check === undefined || others.length > 0 || (otherwise !== undefined && numberOf(otherwise) !== null))
    return [isNotNull(node)];
  return [child(check, "when_expr") ?? {}, ...presenceOf(child(check, "then_expr") ?? {})];
}

/** Takes one aggregate call apart as design §5 does, without looking at how the platform does it. */
export function readFigure(aggregate: Node, isOwnerKey: (columns: readonly string[]) => boolean): Figure {
  const name = text(aggregate, "function_name").toLowerCase();
  const filter = isNode(aggregate["filter"]) ? [aggregate["filter"]] : [];
  const operands = nodes(aggregate["children"]);
  const [first, second] = operands;
  const distinct = aggregate["distinct"] === true;
  if (name === "count_star" || (name === "count" && first === undefined)) return { kind: "atoms", atoms: [rows(filter)] };
  if (first === undefined) return { kind: "never" };
  if (name === "count" && operands.length === 1) {
    const conditions = [...filter, ...presenceOf(first)];
    if (!distinct) return { kind: "atoms", atoms: [rows(conditions)] };
    if (!isOwnerKey(resultColumns(first))) return { kind: "values", of: first, conditions };
    return { kind: "atoms", atoms: [{ base: "owners", perOwner: "one", conditions, extra: false }] };
  }
  if (distinct) return { kind: "never" };
  if (/^(sum|fsum|sumkahan|kahan_sum|avg|mean|favg)$/.test(name)) {
    const atoms = atomsOfSum(first, filter);
    if (atoms === undefined) return { kind: "never" };
    const counted = /avg|mean/.test(name) ? [rows([...filter, ...presenceOf(first)])] : [];
    return { kind: "atoms", atoms: [...atoms, ...counted] };
  }
  if (one.test(name)) return moments([first], filter);
  if (two.test(name) && second !== undefined) return moments([first, second], filter);
  if (quantile.test(name) && isMeasureLike(first))
    return { kind: "quantile", of: first, points: name === "median" ? [0.5] : pointsOf(second), conditions: filter };
  return { kind: "never" };
}

/** Columns whose values an expression can give back; those of conditions are not among them. */
function resultColumns(node: Node): readonly string[] {
  if (node["class"] !== "CASE") return columnsIn(node);
  const results = [...nodes(node["case_checks"]).map((check) => check["then_expr"]), node["else_expr"]];
  return results.filter(isNode).flatMap(resultColumns);
}

export function isAggregateCall(node: Node, aggregates: ReadonlySet<string>): boolean {
  return node["class"] === "FUNCTION" && aggregates.has(text(node, "function_name").toLowerCase());
}

/** The aggregate calls in expressions, outermost only, each once. */
export function aggregatesIn(value: unknown, aggregates: ReadonlySet<string>): readonly Node[] {
  const found = new Map<string, Node>();
  for (const node of walk(value)) if (isAggregateCall(node, aggregates)) found.set(canonical(node), node);
  return [...found.values()];
}

export function conditionOf(atom: Pick<Atom, "conditions">): Node | undefined {
  return and(atom.conditions);
}
