/** Why a gateway answers nothing but how it is: what it would decide by is not what holds. */
export type UnfitCode = "POLICY_NOT_LOADED" | "POLICY_UNEXPLAINED" | "CLOCK_OFF";
