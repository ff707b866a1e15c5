import type { Test } from "tap";
import { joinGateways, type Membership, type MembershipDeps } from "../../src/cluster/index.ts";
import type { TestStore } from "./store.ts";

/** One more gateway over a test's store; its signs of life come as in production unless the test says otherwise. */
export async function joinTestGateway(t: Test, base: TestStore, over: Partial<MembershipDeps> = {}): Promise<Membership> {
  const { store, work, ids, clock } = base;
  const membership = await joinGateways({
    store,
    work,
    ids,
    clock,
    name: "test",
    about: {},
    beatMs: 2000,
    leaseMs: 10_000,
    onPeerGone: () => undefined,
    log: () => undefined,
    ...over,
  });
  t.teardown(() => membership.close());
  return membership;
}
