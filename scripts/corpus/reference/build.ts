import type { Node } from "./ast.ts";

// Nodes as the engine's `json_deserialize_sql` takes them.

export function call(name: string, children: readonly Node[], filter?: Node): Node {
  return {
    class: "FUNCTION",
    type: "FUNCTION",
    alias: "",
    function_name: name,
    schema: "",
    children: [...children],
    filter: filter ?? null,
    order_bys: { type: "ORDER_MODIFIER", orders: [] },
    distinct: false,
    is_operator: false,
    export_state: false,
    catalog: "",
  };
}

export function textConstant(value: string): Node {
  return {
    class: "CONSTANT",
    type: "VALUE_CONSTANT",
    alias: "",
    value: { type: { id: "VARCHAR", type_info: null }, is_null: false, value },
  };
}

export function nullConstant(alias = ""): Node {
  return { class: "CONSTANT", type: "VALUE_CONSTANT", alias, value: { type: { id: "NULL", type_info: null }, is_null: true } };
}

export function column(...names: readonly string[]): Node {
  return { class: "COLUMN_REF", type: "COLUMN_REF", alias: "", column_names: [...names] };
}

export function cast(operand: Node, type: "VARCHAR" | "DOUBLE"): Node {
  return {
    class: "CAST",
    type: "OPERATOR_CAST",
    alias: "",
    child: operand,
    cast_type: { id: type, type_info: null },
    try_cast: false,
  };
}

export function and(conditions: readonly Node[]): Node | undefined {
  const [first] = conditions;
  if (first === undefined || conditions.length === 1) return first;
  return { class: "CONJUNCTION", type: "CONJUNCTION_AND", alias: "", children: [...conditions] };
}

export function isNotNull(operand: Node): Node {
  return { class: "OPERATOR", type: "OPERATOR_IS_NOT_NULL", alias: "", children: [operand] };
}

/** Whether a condition is not true: false or unknown. */
export function isNotTrue(condition: Node): Node {
  return {
    class: "OPERATOR",
    type: "OPERATOR_NOT",
    alias: "",
    children: [caseWhen(condition, booleanConstant(true), booleanConstant(false))],
  };
}

export function booleanConstant(value: boolean): Node {
  return {
    class: "CONSTANT",
    type: "VALUE_CONSTANT",
    alias: "",
    value: { type: { id: "BOOLEAN", type_info: null }, is_null: false, value },
  };
}

export function caseWhen(condition: Node, then: Node, otherwise: Node, alias = ""): Node {
  return {
    class: "CASE",
    type: "CASE_EXPR",
    alias,
    case_checks: [{ when_expr: condition, then_expr: then }],
    else_expr: otherwise,
  };
}
