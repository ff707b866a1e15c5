import type { AgreementView } from "./agreements.ts";

/**
 * Names what a reader saw of an agreement: with another version, another state, or its term begun or
 * over, the tag is another (RFC 9110 §8.8.1, a strong validator).
 */
export function tagOf({ version, state, inForce }: Pick<AgreementView, "version" | "state" | "inForce">): string {
  return `${version.id}.${state}${inForce ? ".now" : ""}`;
}
