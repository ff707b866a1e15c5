import { CodedError } from "../kernel/index.ts";

export type GatewayErrorCode = "GATEWAY_ADDRESS_TAKEN";

/** The gateway cannot listen; the message says what to do, for the one who starts it. */
export class GatewayError extends CodedError<GatewayErrorCode> {}
