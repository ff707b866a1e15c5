import { stop } from "../refusal.ts";
import type { SetOp, SetTree } from "../tree/statement.ts";
import { asText, readNode } from "./json.ts";
import { readModifiers } from "./modifiers.ts";
import type { Reader } from "./reader.ts";
import { readCtes } from "./with.ts";

const fields = ["type", "modifiers", "cte_map", "setop_type", "left", "right", "setop_all"];

const operations: ReadonlyMap<string, { readonly op: SetOp; readonly byName: boolean }> = new Map([
  ["UNION", { op: "union", byName: false }],
  ["UNION_BY_NAME", { op: "union", byName: true }],
  ["EXCEPT", { op: "except", byName: false }],
  ["INTERSECT", { op: "intersect", byName: false }],
]);

export function readSetOperation(json: unknown, reader: Reader): SetTree {
  const node = readNode(json, fields);
  const type = asText(node["setop_type"]);
  const { op, byName } = operations.get(type) ?? stop("QUERY_CLAUSE_UNSUPPORTED", undefined, `the set operation ${type}`);
  const ctes = readCtes(node["cte_map"], reader);
  const left = reader.node(node["left"]);
  const right = reader.node(node["right"]);
  const { order, limit, offset } = readModifiers(node["modifiers"], reader);
  const all = node["setop_all"] === true;
  return Object.freeze<SetTree>({ kind: "set", ctes, op, all, byName, left, right, order, limit, offset, at: left.at });
}
