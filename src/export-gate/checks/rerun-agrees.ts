import { type Check, pass } from "./check.ts";

/** What is exported is what the statement gives, not what somebody put into the store. */
export const rerunAgrees: Check = {
  id: "rerun-agrees",
  title: "A second run in a fresh worker gives the same content and evidence",
  article: "24",
  run: ({ stored, rerun }) => {
    const differs = (["contentHash", "evidenceHash", "planDigest"] as const).filter((name) => stored[name] !== rerun[name]);
    if (differs.length === 0) return pass({ contentHash: rerun.contentHash });
    return {
      verdict: "block",
      evidence: { differs },
      mitigation: "Submit the statement again: the data, the agreement or the compiler changed since the result was made.",
    };
  },
};
