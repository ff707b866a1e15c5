/** Event types of the gateways as such: who serves, from when to when, who was declared lost, who fails a check of its own. */
export const clusterEvents = [
  "gateway.started",
  "gateway.stopped",
  "gateway.lost",
  "gateway.impaired",
  "gateway.recovered",
  "data-folder.adopted",
] as const;
