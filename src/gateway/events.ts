/** Event types of the gateway itself: what never reached a feature. */
export const gatewayEvents = ["access.refused", "request.deferred", "request.limited"] as const;
