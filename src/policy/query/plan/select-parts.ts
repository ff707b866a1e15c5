import type { ResolvedSelect } from "./select-list.ts";

/** What stands above the rows of a SELECT, as one step after the other rewrites it. */
export type SelectParts = Pick<ResolvedSelect, "items" | "having" | "qualify" | "order">;
