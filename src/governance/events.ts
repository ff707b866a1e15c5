/** Event types of agreements; a refused attempt carries the name of what was attempted. */
export const governanceEvents = [
  "agreement.drafted",
  "agreement.redrafted",
  "agreement.approved",
  "agreement.activated",
  "agreement.ended",
] as const;

export type GovernanceEvent = (typeof governanceEvents)[number];
