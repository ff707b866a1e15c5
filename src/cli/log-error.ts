import { CodedError } from "../kernel/index.ts";

/** The log has nowhere to go; the message says what to do, for the one who starts the gateway. */
export class LogError extends CodedError<"LOG_FILE_UNUSABLE"> {}
