import { asList, asNode, asText, asTexts, type JsonNode } from "./json.ts";

/** The engine's own text of a part of an expression; undefined for what it writes in ways that nobody names. */
type Text = string | undefined;
type Write = (node: JsonNode) => Text;

const plainName = /^[a-z_][a-z0-9_]*$/;

function joined(nodes: readonly unknown[], between: string): Text {
  const texts = nodes.map(textOf);
  return texts.includes(undefined) ? undefined : texts.join(between);
}

function around(node: JsonNode, before: string, between: string, after: string): Text {
  const inside = joined(asList(node["children"]), between);
  return inside === undefined ? undefined : `${before}${inside}${after}`;
}

function columnText(node: JsonNode): Text {
  const parts = asTexts(node["column_names"]);
  return parts.every((part) => plainName.test(part)) ? parts.join(".") : undefined;
}

function constantText(node: JsonNode): Text {
  const value = asNode(node["value"]);
  if (value["is_null"] === true) return "NULL";
  const type = asText(asNode(value["type"])["id"]);
  if (type === "VARCHAR") return `'${asText(value["value"]).replaceAll("'", "''")}'`;
  return type === "INTEGER" || type === "BIGINT" ? String(value["value"]) : undefined;
}

function functionText(node: JsonNode): Text {
  const name = asText(node["function_name"]);
  const args = asList(node["children"]);
  const plain = node["filter"] === null && asList(asNode(node["order_bys"])["orders"]).length === 0;
  if (!plain || args.some((arg) => asText(asNode(arg)["alias"]) !== "")) return undefined;
  if (node["is_operator"] === true) {
    return args.length === 1 ? around(node, `${name}(`, "", ")") : around(node, "(", ` ${name} `, ")");
  }
  const schema = asText(node["schema"]);
  const distinct = node["distinct"] === true ? "DISTINCT " : "";
  return plainName.test(name) ? around(node, `${schema === "" ? "" : `${schema}.`}${name}(${distinct}`, ", ", ")") : undefined;
}

const comparisonSigns: ReadonlyMap<unknown, string> = new Map([
  ["COMPARE_EQUAL", "="],
  ["COMPARE_NOTEQUAL", "!="],
  ["COMPARE_LESSTHAN", "<"],
  ["COMPARE_LESSTHANOREQUALTO", "<="],
  ["COMPARE_GREATERTHAN", ">"],
  ["COMPARE_GREATERTHANOREQUALTO", ">="],
]);

function comparisonText(node: JsonNode): Text {
  const sign = comparisonSigns.get(node["type"]);
  const sides = joined([node["left"], node["right"]], ` ${sign} `);
  return sign === undefined || sides === undefined ? undefined : `(${sides})`;
}

/** Types whose names are no keywords that the engine would put into quotes. */
const plainTypes: ReadonlySet<unknown> = new Set(["VARCHAR", "INTEGER", "BIGINT", "DOUBLE", "BOOLEAN"]);

function castText(node: JsonNode): Text {
  const [child, type] = [textOf(node["child"]), asNode(node["cast_type"])["id"]];
  if (child === undefined || !plainTypes.has(type)) return undefined;
  return `${node["try_cast"] === true ? "TRY_CAST" : "CAST"}(${child} AS ${type})`;
}

function operatorText(node: JsonNode): Text {
  switch (node["type"]) {
    case "OPERATOR_NOT":
      return around(node, "(NOT ", "", ")");
    case "OPERATOR_IS_NULL":
      return around(node, "(", "", " IS NULL)");
    case "OPERATOR_IS_NOT_NULL":
      return around(node, "(", "", " IS NOT NULL)");
    case "OPERATOR_COALESCE":
      return around(node, "COALESCE(", ", ", ")");
    default:
      return undefined;
  }
}

const writers: ReadonlyMap<unknown, Write> = new Map<unknown, Write>([
  ["COLUMN_REF", columnText],
  ["CONSTANT", constantText],
  ["FUNCTION", functionText],
  ["COMPARISON", comparisonText],
  ["CONJUNCTION", (node) => around(node, "(", node["type"] === "CONJUNCTION_AND" ? " AND " : " OR ", ")")],
  ["CAST", castText],
  ["OPERATOR", operatorText],
]);

function textOf(json: unknown): Text {
  const node = asNode(json);
  return writers.get(node["class"])?.(node);
}

/**
 * The name that the engine itself gives to a column without an alias: the text of its expression, as `count_star()` or
 * `sum(income)`. Known for common forms; a column of another form has no name until it is given one.
 */
export function madeName(json: unknown): string | undefined {
  return textOf(json);
}
