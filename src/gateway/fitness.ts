import type { DataFolder } from "../cluster/index.ts";

/** Why a gateway answers nothing but how it is: what it would decide by is not what holds. */
export type UnfitCode = "POLICY_NOT_LOADED" | "POLICY_UNEXPLAINED" | "CLOCK_OFF";

/** Why a gateway begins nothing new, and goes on with what there is: it is to stop, or its disk is short. */
export type NoNewWorkCode = "GATEWAY_DRAINING" | "DISK_LOW";

/** Whether this gateway may answer now, as asked before every request. */
export interface RequestFitness {
  readonly whyUnfit: () => Promise<UnfitCode | undefined>;
  /** Asked before requests that begin new work, with the bytes that they say they bring, and where these go. */
  readonly whyNoNewWork: (bytes: number, folder: DataFolder | undefined) => Promise<NoNewWorkCode | undefined>;
  /** Whether connections are to end with their next answer. */
  readonly isDraining: () => boolean;
}
