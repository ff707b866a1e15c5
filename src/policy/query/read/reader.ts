import type { QueryTree, Written } from "../tree/statement.ts";

/** The readers that every node may need for what stands inside it; made once, in `statement.ts`. */
export interface Reader {
  expr(json: unknown): Written;
  /** A statement: a node with the names of its parameters around it. */
  query(json: unknown): QueryTree;
  node(json: unknown): QueryTree;
}
