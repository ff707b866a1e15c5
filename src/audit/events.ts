/** Event types of the audit itself: who looked, and what the log did. */
export const auditEvents = ["audit.read", "audit.traced", "audit.exported"] as const;
