/** Event types of the audit itself: who looked, and what was done to the store as a whole. */
export const auditEvents = [
  "audit.read",
  "audit.traced",
  "audit.exported",
  "log.origin-proposed",
  "log.origin-approved",
  "log.origin-begun",
  "store.backed-up",
  "store.restored",
] as const;
