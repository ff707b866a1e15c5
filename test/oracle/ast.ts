/** The statements that the oracle knows, as a tree of its own. Every alias in a statement is used once. Dates are texts. */
export type Value = number | string | boolean | null;

export type CompareOp = "=" | "<>" | "<" | "<=" | ">" | ">=";

export interface Col {
  readonly k: "col";
  /** Alias of the relation. */
  readonly of: string;
  readonly name: string;
}

export interface Agg {
  readonly k: "agg";
  readonly fn: string;
  /** None: count(*). */
  readonly args: readonly Expr[];
  readonly distinct: boolean;
  readonly filter: Expr | undefined;
}

export interface Win {
  readonly k: "win";
  readonly fn: string;
  readonly args: readonly Expr[];
  readonly partition: readonly Expr[];
  readonly order: readonly OrderItem[];
}

/** Whether an owner has such rows: EXISTS, IN or a semi join; each tie equates an inner column with one around. */
export interface Exists {
  readonly k: "exists";
  readonly form: "exists" | "in";
  readonly negated: boolean;
  readonly from: From;
  readonly ties: readonly (readonly [inner: Col, outer: Col])[];
  readonly where: readonly Expr[];
}

export type Expr =
  | Col
  | Agg
  | Win
  | Exists
  | { readonly k: "lit"; readonly value: Value; readonly date?: true }
  | { readonly k: "cmp"; readonly op: CompareOp; readonly left: Expr; readonly right: Expr }
  | { readonly k: "logic"; readonly op: "and" | "or"; readonly args: readonly Expr[] }
  | { readonly k: "not"; readonly arg: Expr }
  /** `arg IS DISTINCT FROM TRUE`: what the branches after a WHEN mean. */
  | { readonly k: "else"; readonly arg: Expr }
  | { readonly k: "null"; readonly arg: Expr; readonly negated: boolean }
  | { readonly k: "in"; readonly arg: Expr; readonly list: readonly Expr[]; readonly negated: boolean }
  | { readonly k: "between"; readonly arg: Expr; readonly low: Expr; readonly high: Expr }
  /** LIKE 'prefix%'. */
  | { readonly k: "like"; readonly arg: Expr; readonly prefix: string }
  | {
      readonly k: "case";
      readonly branches: readonly { readonly when: Expr; readonly gives: Expr }[];
      readonly otherwise: Expr;
    }
  | { readonly k: "fn"; readonly fn: string; readonly args: readonly Expr[] };

export interface OrderItem {
  readonly expr: Expr;
  readonly desc: boolean;
}

export type JoinKind = "inner" | "left" | "right" | "semi" | "anti";

export type From =
  | { readonly k: "table"; readonly table: string; readonly as: string }
  | { readonly k: "query"; readonly query: Query; readonly as: string; readonly cte: boolean }
  | {
      readonly k: "values";
      readonly as: string;
      readonly columns: readonly string[];
      readonly rows: readonly (readonly Value[])[];
    }
  | {
      readonly k: "join";
      readonly kind: JoinKind;
      readonly left: From;
      readonly right: From;
      readonly on: readonly Expr[];
      /** Inner joins may be written with a comma and WHERE. */
      readonly comma: boolean;
    };

export interface Item {
  readonly as: string;
  readonly expr: Expr;
}

export interface Select {
  readonly k: "select";
  readonly items: readonly Item[];
  readonly from: From;
  readonly where: readonly Expr[];
  /** Absent: no GROUP BY is written. */
  readonly groupBy: readonly Expr[] | undefined;
  readonly having: Expr | undefined;
  readonly qualify: Expr | undefined;
  readonly order: readonly OrderItem[];
  readonly limit: number | undefined;
}

export type Query = Select | { readonly k: "union"; readonly parts: readonly Query[] };

export const lit = (value: Value): Expr => ({ k: "lit", value });
export const col = (of: string, name: string): Col => ({ k: "col", of, name });
export const fn = (name: string, ...args: readonly Expr[]): Expr => ({ k: "fn", fn: name, args });

export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.k) {
    case "col":
    case "lit":
      return [];
    case "agg":
      return expr.filter === undefined ? expr.args : [...expr.args, expr.filter];
    case "win":
      return [...expr.args, ...expr.partition, ...expr.order.map((item) => item.expr)];
    case "exists":
      return [...expr.ties.map(([, outer]) => outer)];
    case "cmp":
      return [expr.left, expr.right];
    case "logic":
    case "fn":
      return expr.args;
    case "not":
    case "else":
    case "null":
    case "like":
      return [expr.arg];
    case "in":
      return [expr.arg, ...expr.list];
    case "between":
      return [expr.arg, expr.low, expr.high];
    case "case":
      return [...expr.branches.flatMap((branch) => [branch.when, branch.gives]), expr.otherwise];
  }
}

const denials: Readonly<Record<CompareOp, CompareOp>> = { "=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<" };

/** NOT of a comparison is the other comparison: unknown stays unknown. */
export function denial(arg: Expr): Expr {
  if (arg.k === "cmp") return { ...arg, op: denials[arg.op] };
  return arg.k === "null" || arg.k === "in" ? { ...arg, negated: !arg.negated } : { k: "not", arg };
}

export function someExpr(expr: Expr, test: (node: Expr) => boolean): boolean {
  return test(expr) || childrenOf(expr).some((child) => someExpr(child, test));
}

/** `(a AND b) OR (a AND c)` asks a, and b or c. */
function shared(branches: readonly (readonly Expr[])[]): readonly Expr[] {
  const texts = branches.map((branch) => new Set(branch.map((one) => JSON.stringify(one))));
  return (branches[0] ?? []).filter((one) => texts.every((set) => set.has(JSON.stringify(one))));
}

function ofOr(expr: Extract<Expr, { k: "logic" }>): readonly Expr[] {
  const branches = expr.args.map(conjuncts);
  const common = shared(branches);
  if (common.length === 0) return [expr];
  const texts = new Set(common.map((one) => JSON.stringify(one)));
  const rest = branches.map((branch) => branch.filter((one) => !texts.has(JSON.stringify(one))));
  if (rest.some((branch) => branch.length === 0)) return common;
  const joined = rest.map((branch): Expr => {
    const [only] = branch;
    return branch.length === 1 && only !== undefined ? only : { k: "logic", op: "and", args: branch };
  });
  return [...common, { k: "logic", op: "or", args: joined }];
}

/** Conjuncts, BETWEEN as the two comparisons that it is. */
export function conjuncts(expr: Expr): readonly Expr[] {
  if (expr.k === "logic" && expr.op === "and") return expr.args.flatMap(conjuncts);
  if (expr.k === "logic") return ofOr(expr);
  if (expr.k !== "between") return [expr];
  return [
    { k: "cmp", op: ">=", left: expr.arg, right: expr.low },
    { k: "cmp", op: "<=", left: expr.arg, right: expr.high },
  ];
}

/** The same node over changed children (of a tied subquery, over changed columns from around it). */
export function mapChildren(expr: Expr, change: (child: Expr) => Expr): Expr {
  switch (expr.k) {
    case "col":
    case "lit":
      return expr;
    case "agg":
      return { ...expr, args: expr.args.map(change), filter: expr.filter === undefined ? undefined : change(expr.filter) };
    case "win":
      return {
        ...expr,
        args: expr.args.map(change),
        partition: expr.partition.map(change),
        order: expr.order.map((item) => ({ ...item, expr: change(item.expr) })),
      };
    case "exists":
      return {
        ...expr,
        ties: expr.ties.map(([inner, outer]) => {
          const changed = change(outer);
          return [inner, changed.k === "col" ? changed : outer] as const;
        }),
      };
    case "cmp":
      return { ...expr, left: change(expr.left), right: change(expr.right) };
    case "logic":
    case "fn":
      return { ...expr, args: expr.args.map(change) };
    case "not":
    case "else":
    case "null":
    case "like":
      return { ...expr, arg: change(expr.arg) };
    case "in":
      return { ...expr, arg: change(expr.arg), list: expr.list.map(change) };
    case "between":
      return { ...expr, arg: change(expr.arg), low: change(expr.low), high: change(expr.high) };
    case "case":
      return {
        ...expr,
        branches: expr.branches.map((branch) => ({ when: change(branch.when), gives: change(branch.gives) })),
        otherwise: change(expr.otherwise),
      };
  }
}
