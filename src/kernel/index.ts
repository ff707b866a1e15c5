export { canonicalJson, type JsonValue } from "./canonical-json.ts";
export { isIdCard, isUscc } from "./china-ids.ts";
export { describeSettings, type Environment, loadConfig, type SettingDescription } from "./config.ts";
export type { Config } from "./config-schema.ts";
export { CodedError, isRefusal, KernelError, type KernelErrorCode, type Refusal, refuse, unreachable } from "./errors.ts";
export { createIds, type Id, type IdKind, type Ids, idPrefixes, isId, kindOfId, toId } from "./ids.ts";
export type { Clock, Random } from "./ports.ts";
export { sha256, sha256Hex } from "./sha256.ts";
export { systemClock, systemRandom } from "./system.ts";
