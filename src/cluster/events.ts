/** Event types of the gateways as such: who serves, from when to when, and who was declared lost. */
export const clusterEvents = ["gateway.started", "gateway.stopped", "gateway.lost", "data-folder.adopted"] as const;
