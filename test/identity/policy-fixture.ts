import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Test } from "tap";
import { parseLeaf } from "../../src/audit/event.ts";
import {
  type ActivePolicy,
  type AuthenticatedActor,
  createActivePolicy,
  createPolicyProposals,
  type PolicyProposals,
  type PolicyTexts,
} from "../../src/identity/index.ts";
import { openTestIdentity, type TestIdentity } from "../support/identity.ts";

export interface PolicyGateway {
  readonly policy: ActivePolicy;
  readonly proposals: PolicyProposals;
  /** What it told of policies it cannot load. */
  readonly told: readonly string[];
}

export interface TestPolicies extends TestIdentity {
  readonly shipped: PolicyTexts;
  readonly security: AuthenticatedActor;
  readonly audit: AuthenticatedActor;
  readonly first: PolicyGateway;
  /** One more gateway over the same store, of this or of another release. */
  gateway(texts?: PolicyTexts): Promise<PolicyGateway>;
  /** Types, outcomes and codes of the events that the policy's change left, oldest first. */
  policyEvents(): Promise<readonly string[]>;
}

export const shippedTexts = async (): Promise<PolicyTexts> => {
  const text = (name: string) => readFile(join(import.meta.dirname, "../../config/access", name), "utf8");
  return { model: await text("model.conf"), policy: await text("policy.csv") };
};

/** The access policy over a real store, set up, with its two administrations signed in. */
export async function openTestPolicies(t: Test): Promise<TestPolicies> {
  const base = await openTestIdentity(t);
  const shipped = await shippedTexts();
  const gateway = async (texts: PolicyTexts = shipped): Promise<PolicyGateway> => {
    const told: string[] = [];
    const deps = { ...base, shipped: texts, log: (message: string) => void told.push(message) };
    const policy = await createActivePolicy(deps);
    return { policy, proposals: createPolicyProposals({ ...deps, active: policy }), told };
  };
  return {
    ...base,
    shipped,
    gateway,
    first: await gateway(),
    security: await base.signIn("security-admin"),
    audit: await base.signIn("audit-admin"),
    policyEvents: async () => {
      const rows = await base.store.db.selectFrom("audit_event").select("leaf").orderBy("arrival").execute();
      const events = rows.map(({ leaf }) => parseLeaf(leaf)).filter(({ type }) => type.startsWith("access-policy."));
      return events.map(({ type, outcome, code }) =>
        [type.slice("access-policy.".length), outcome, code].filter(Boolean).join(" "),
      );
    },
  };
}

/** A line that the ceiling allows and the shipped policy does not hold. */
export const moreLine = "p, reviewer, family, read, any";
