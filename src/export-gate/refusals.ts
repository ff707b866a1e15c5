/** Every "no" of the gate; another organisation's exports look absent. */
export type ExportRefusalCode =
  | "RESULT_NOT_CHECKED"
  | "RESULT_NOT_FOUND"
  | "EXPORT_NOT_FOUND"
  | "EXPORT_AGREEMENT_NOT_IN_FORCE"
  | "EXPORT_RERUN_FAILED"
  | "EXPORT_TEXT_INVALID"
  | "EXPORT_NOT_IN_THAT_STATE"
  | "EXPORT_REVIEWER_EXCLUDED"
  | "EXPORT_ALREADY_VOTED"
  | "EXPORT_REASON_MISSING"
  | "EXPORT_GRANT_INVALID";
