import type { Config } from "../kernel/index.ts";

/**
 * What a request is counted as. `secret`: it has a password, a code, a ticket or a refresh token looked
 * at, and may guess; `probe`: how the gateway is; `stranger`: it found no route, or showed no valid token.
 */
export type RateClass = "secret" | "read" | "write" | "upload" | "stream" | "probe" | "stranger";

/** As the route declares; else by its form. */
export function rateClassOf(route: {
  readonly rate?: RateClass | undefined;
  readonly method: string | readonly string[];
  readonly stream?: readonly string[] | undefined;
  readonly evenUnfit?: true | undefined;
}): RateClass {
  const { rate, method, stream, evenUnfit } = route;
  if (rate !== undefined) return rate;
  if (evenUnfit === true) return "probe";
  if (stream !== undefined) return "upload";
  return ["GET", "HEAD", "OPTIONS"].includes(String(method)) ? "read" : "write";
}

/** The setting that bounds each class. */
export const quotaOf: Readonly<Record<RateClass, Exclude<keyof Config["limits"], "windowMs" | "trackedCallers">>> = {
  secret: "signInRequests",
  read: "readRequests",
  write: "writeRequests",
  upload: "uploadRequests",
  stream: "streamRequests",
  probe: "readRequests",
  stranger: "strangerRequests",
};
