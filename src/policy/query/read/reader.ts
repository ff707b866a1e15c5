import type { QueryTree, Written } from "../tree/statement.ts";

/** The two readers that every node may need for what stands inside it; made once, in `statement.ts`. */
export interface Reader {
  expr(json: unknown): Written;
  query(json: unknown): QueryTree;
}
