/** Why a change of the access policy is refused. */
export type PolicyRefusalCode =
  | "POLICY_INVALID"
  | "POLICY_UNCHANGED"
  | "POLICY_REASON_INVALID"
  | "POLICY_PROPOSAL_OPEN"
  | "POLICY_PROPOSAL_NOT_FOUND"
  | "POLICY_PROPOSAL_OWN"
  | "POLICY_PROPOSAL_CHANGED"
  | "POLICY_PROPOSAL_DECIDED";
