import { CodedError } from "../kernel/index.ts";

export type KeysErrorCode =
  | "KEYS_ROOT_MISSING"
  | "KEYS_ROOT_MALFORMED"
  | "KEYS_ROOT_INSIDE_DATA"
  | "KEYS_ROOT_WRONG"
  | "KEYS_STORE_MALFORMED"
  | "KEYS_OWNER_INVALID"
  | "KEYS_KEY_DESTROYED"
  | "KEYS_SEAL_BROKEN";

/** Keys are missing, wrong or gone; nothing is guessed and nothing is made anew in their place. */
export class KeysError extends CodedError<KeysErrorCode> {}
