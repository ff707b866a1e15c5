/** Event types of identity. */
export const identityEvents = [
  "platform.set-up",
  "organisation.created",
  "account.created",
  "account.roles-assigned",
  "account.disabled",
  "session.opened",
  "session.refreshed",
  "session.revoked",
  "account.federated",
  "account.federation-renewed",
  "service-key.created",
  "service-key.used",
  "service-key.revoked",
  "login.refused",
  "identity.refused",
] as const;
