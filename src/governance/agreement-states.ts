import type { AgreementState } from "../store/index.ts";

/** What may follow what; nothing leads out of `ended`. */
export const agreementTransitions: Readonly<Record<AgreementState, readonly AgreementState[]>> = {
  draft: ["approved", "ended"],
  approved: ["in-force", "ended"],
  "in-force": ["ended"],
  ended: [],
};

/** States from which `to` may be reached. */
export function statesBefore(to: AgreementState): readonly AgreementState[] {
  return (Object.keys(agreementTransitions) as AgreementState[]).filter((from) => agreementTransitions[from].includes(to));
}
