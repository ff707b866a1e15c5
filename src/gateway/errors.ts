import { CodedError } from "../kernel/index.ts";

export type GatewayErrorCode = "GATEWAY_ADDRESS_TAKEN" | "GATEWAY_CERTIFICATE_INVALID" | "GATEWAY_PROXIES_INVALID";

/** The gateway cannot listen; the message says what to do, for the one who starts it. */
export class GatewayError extends CodedError<GatewayErrorCode> {}
