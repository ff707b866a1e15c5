/**
 * The catalogue's events, one name for each action; a refused or failed attempt carries the same
 * name with `outcome` "refused" or "failed", so that one search finds all attempts.
 */
export const catalogEvents = [
  "family.created",
  "resource.declared",
  "resource.proposed",
  "resource-version.loaded",
  "resource-version.validated",
  "upload.created",
  "upload.received",
  "upload.removed",
  "upload.expired",
  "vault.orphan-removed",
] as const;

export type CatalogEvent = (typeof catalogEvents)[number];
