import type { ExportState } from "../store/index.ts";

/** What may follow what. `blocked` is final for that content; a changed statement is a new job and a new export. */
export const exportTransitions: Readonly<Record<ExportState, readonly ExportState[]>> = {
  "in-review": ["approved", "rejected"],
  blocked: [],
  rejected: [],
  approved: ["released"],
  released: ["revoked"],
  revoked: [],
};
