/** Event types of the gate; a refused attempt carries the name of what was attempted. */
export const exportEvents = [
  "result.shown",
  "result.expired",
  "export.requested",
  "evidence.read",
  "export.voted",
  "export.released",
  "export.revoked",
  "grant.created",
  "grant.redeemed",
  "package.sealed",
] as const;
