import type { QueryTree } from "../tree/statement.ts";
import { compileSelect } from "./compile-select.ts";
import type { Env } from "./env.ts";
import type { Compiled } from "./query-plan.ts";
import { compileSet } from "./set-operation.ts";

/** Compiles one query of whatever form. */
export function compileTree(tree: QueryTree, env: Env): Compiled {
  const inner = { ...env, isValue: false };
  return tree.kind === "select" ? compileSelect(tree, inner, env.isValue) : compileSet(tree, inner);
}
