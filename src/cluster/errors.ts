import { CodedError } from "../kernel/index.ts";

export type ClusterErrorCode = "CLUSTER_FOLDER_OTHER" | "CLUSTER_FOLDER_NEW" | "CLUSTER_LOST";

/** This gateway does not belong to the others; the message says what to do, for the one who starts it. */
export class ClusterError extends CodedError<ClusterErrorCode> {}
