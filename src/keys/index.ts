export { KeysError, type KeysErrorCode } from "./errors.ts";
export {
  type Keystore,
  type KeystoreOptions,
  openKeystore,
  type SecretPurpose,
  type SigningKey,
  type SigningPurpose,
} from "./file-keystore.ts";
export { seal, unseal } from "./sealing.ts";
