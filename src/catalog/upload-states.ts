import type { UploadState } from "../store/index.ts";

/** Which states of an upload may follow which; only an open one takes bytes, and has a key. */
export const uploadTransitions: Readonly<Record<UploadState, readonly UploadState[]>> = {
  open: ["loaded", "expired", "removed"],
  loaded: [],
  expired: [],
  removed: [],
};
