import type { Expr, From, Item, OrderItem, Query, Select, Value } from "./ast.ts";

export function printValue(value: Value, date = false): string {
  if (value === null) return "NULL";
  if (typeof value === "string") return `${date ? "DATE " : ""}'${value}'`;
  return typeof value === "boolean" ? (value ? "TRUE" : "FALSE") : String(value);
}

const infix: ReadonlySet<string> = new Set(["+", "-", "*", "/"]);

const orderBy = (items: readonly OrderItem[]): string =>
  items.map((item) => `${printExpr(item.expr)}${item.desc ? " DESC" : ""}`).join(", ");

export function printExpr(expr: Expr): string {
  const list = (exprs: readonly Expr[]): string => exprs.map(printExpr).join(", ");
  switch (expr.k) {
    case "col":
      return `${expr.of}.${expr.name}`;
    case "lit":
      return printValue(expr.value, expr.date);
    case "agg": {
      const args = expr.args.length === 0 ? "*" : list(expr.args);
      const filter = expr.filter === undefined ? "" : ` FILTER (WHERE ${printExpr(expr.filter)})`;
      return `${expr.fn}(${expr.distinct ? "DISTINCT " : ""}${args})${filter}`;
    }
    case "win": {
      const args = expr.args.length === 0 && expr.fn === "count" ? "*" : list(expr.args);
      const partition = expr.partition.length === 0 ? [] : [`PARTITION BY ${list(expr.partition)}`];
      const order = expr.order.length === 0 ? [] : [`ORDER BY ${orderBy(expr.order)}`];
      return `${expr.fn}(${args}) OVER (${[...partition, ...order].join(" ")})`;
    }
    case "exists": {
      const [first] = expr.ties;
      if (expr.form === "in" && first !== undefined) {
        const where = expr.where.length === 0 ? "" : ` WHERE ${expr.where.map(printExpr).join(" AND ")}`;
        const [inner, outer] = first.map(printExpr);
        return `${outer} ${expr.negated ? "NOT " : ""}IN (SELECT ${inner} FROM ${printFrom(expr.from)}${where})`;
      }
      const where = [...expr.ties.map((tie) => tie.map(printExpr).join(" = ")), ...expr.where.map(printExpr)];
      return `${expr.negated ? "NOT " : ""}EXISTS (SELECT 1 FROM ${printFrom(expr.from)} WHERE ${where.join(" AND ")})`;
    }
    case "cmp":
      return `(${printExpr(expr.left)} ${expr.op} ${printExpr(expr.right)})`;
    case "logic":
      return `(${expr.args.map(printExpr).join(expr.op === "and" ? " AND " : " OR ")})`;
    case "not":
      return `(NOT ${printExpr(expr.arg)})`;
    case "else":
      return `(${printExpr(expr.arg)} IS DISTINCT FROM TRUE)`;
    case "null":
      return `(${printExpr(expr.arg)} IS ${expr.negated ? "NOT " : ""}NULL)`;
    case "in":
      return `(${printExpr(expr.arg)} ${expr.negated ? "NOT " : ""}IN (${list(expr.list)}))`;
    case "between":
      return `(${printExpr(expr.arg)} BETWEEN ${printExpr(expr.low)} AND ${printExpr(expr.high)})`;
    case "like":
      return `(${printExpr(expr.arg)} LIKE '${expr.prefix}%')`;
    case "case":
      return `CASE ${expr.branches.map((b) => `WHEN ${printExpr(b.when)} THEN ${printExpr(b.gives)}`).join(" ")} ELSE ${printExpr(expr.otherwise)} END`;
    case "fn":
      return infix.has(expr.fn) ? `(${expr.args.map(printExpr).join(` ${expr.fn} `)})` : `${expr.fn}(${list(expr.args)})`;
  }
}

const joins = { inner: "JOIN", left: "LEFT JOIN", right: "RIGHT JOIN", semi: "SEMI JOIN", anti: "ANTI JOIN" } as const;

function printFrom(from: From): string {
  switch (from.k) {
    case "table":
      return `${from.table} AS ${from.as}`;
    case "query":
      return from.cte ? `w_${from.as} AS ${from.as}` : `(${printBody(from.query)}) AS ${from.as}`;
    case "values": {
      const rows = from.rows.map((row) => `(${row.map((value) => printValue(value)).join(", ")})`);
      return `(VALUES ${rows.join(", ")}) AS ${from.as}(${from.columns.join(", ")})`;
    }
    case "join": {
      if (from.comma && from.kind === "inner") return `${printFrom(from.left)}, ${printFrom(from.right)}`;
      const on = from.on.map(printExpr).join(" AND ");
      // A comma binds less than a join, so joins stay on one side of it.
      return `(${printFrom(from.left)} ${joins[from.kind]} ${printFrom(from.right)} ON ${on})`;
    }
  }
}

/** Conditions of joins that are written with a comma. */
function commaConditions(from: From): readonly Expr[] {
  if (from.k !== "join") return [];
  const own = from.comma && from.kind === "inner" ? from.on : [];
  return [...commaConditions(from.left), ...commaConditions(from.right), ...own];
}

const printItem = (item: Item): string => `${printExpr(item.expr)} AS ${item.as}`;

function printSelect(select: Select): string {
  const where = [...commaConditions(select.from), ...select.where].map(printExpr);
  return [
    `SELECT ${select.items.map(printItem).join(", ")}`,
    `FROM ${printFrom(select.from)}`,
    ...(where.length === 0 ? [] : [`WHERE ${where.join(" AND ")}`]),
    ...(select.groupBy === undefined || select.groupBy.length === 0
      ? []
      : [`GROUP BY ${select.groupBy.map(printExpr).join(", ")}`]),
    ...(select.having === undefined ? [] : [`HAVING ${printExpr(select.having)}`]),
    ...(select.qualify === undefined ? [] : [`QUALIFY ${printExpr(select.qualify)}`]),
    ...(select.order.length === 0 ? [] : [`ORDER BY ${orderBy(select.order)}`]),
    ...(select.limit === undefined ? [] : [`LIMIT ${select.limit}`]),
  ].join(" ");
}

function printBody(query: Query): string {
  return query.k === "select" ? printSelect(query) : query.parts.map((part) => `(${printBody(part)})`).join(" UNION ALL ");
}

/** WITH queries in the order in which they are needed. */
function ctesOf(query: Query): readonly string[] {
  if (query.k === "union") return query.parts.flatMap(ctesOf);
  const inFrom = (from: From): readonly string[] => {
    if (from.k === "join") return [...inFrom(from.left), ...inFrom(from.right)];
    if (from.k !== "query") return [];
    return [...ctesOf(from.query), ...(from.cte ? [`w_${from.as} AS (${printBody(from.query)})`] : [])];
  };
  const inExpr = (expr: Expr): readonly string[] => (expr.k === "exists" ? inFrom(expr.from) : []);
  return [...inFrom(query.from), ...query.where.flatMap(inExpr)];
}

export function printQuery(query: Query): string {
  const ctes = ctesOf(query);
  return `${ctes.length === 0 ? "" : `WITH ${ctes.join(", ")} `}${printBody(query)}`;
}
