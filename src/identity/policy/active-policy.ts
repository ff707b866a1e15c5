import { type Actor, expectOne, type UnitOfWork } from "../../audit/index.ts";
import { type Clock, type Ids, isId } from "../../kernel/index.ts";
import { createDecider, type Decider, sameModel } from "../../policy/index.ts";
import type { Store } from "../../store/index.ts";
import { type ActiveRow, isExplained } from "./explained.ts";

/** The two texts of a policy, as `config/access/` ships them. */
export interface PolicyTexts {
  readonly model: string;
  readonly policy: string;
}

export interface PolicyStatus {
  /** Whether this gateway decides by the active policy. */
  readonly current: boolean;
  /** Whether the log tells how the active policy became so; nothing is decided by one of which it does not. */
  readonly explained: boolean;
  /** Hash of the policy that is active for all gateways. */
  readonly active: string;
  /** Hash of the one loaded here. */
  readonly loaded: string;
  /** Hash of the one this release ships; another one than the active is worth proposing. */
  readonly shipped: string;
}

/** The access policy as the store says it is, and the decider made from it. */
export interface ActivePolicy {
  /** Denies everything while the active policy is not the one loaded here. */
  readonly decider: Decider;
  readonly shipped: PolicyTexts;
  /** Looks at the store now, and loads what became active. Throws where the store does not answer. */
  look(): Promise<PolicyStatus>;
  /** As of half a second ago at most, whatever signals were lost: older than that is looked at anew. */
  status(): Promise<PolicyStatus>;
  /** What the last look found. */
  known(): PolicyStatus;
}

export interface ActivePolicyDeps {
  readonly store: Store;
  readonly work: UnitOfWork;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly shipped: PolicyTexts;
  /** An active policy that cannot be loaded here, told once. */
  readonly log: (message: string, error?: unknown) => void;
}

/** No decision rests on a policy that was last seen active longer ago. */
const freshMs = 500;
const actor: Actor = { kind: "system", component: "access-policy" };

/** At the first start of all, the shipped policy becomes the active one; another gateway may have been first. */
async function activateFirst(deps: ActivePolicyDeps, hash: string): Promise<void> {
  const { store, work, clock, shipped } = deps;
  const { db } = store;
  if ((await db.selectFrom("active_policy").select("policy_id").executeTakeFirst()) !== undefined) return;
  const id = deps.ids.make("accessPolicy");
  const now = clock.now();
  await work.change(
    { type: "access-policy.activated", actor, object: id, outcome: "done", data: { hash, because: "first-start" } },
    (event) => [
      expectOne(
        db
          .insertInto("access_policy")
          .values({
            id,
            hash,
            model: shipped.model,
            policy: shipped.policy,
            replaces: null,
            reason: "shipped with the release of the first start",
            state: "confirmed",
            proposed_by: null,
            proposed_at: now,
            decided_by: null,
            decided_at: now,
            decision_reason: null,
          })
          .returning("id"),
      ),
      expectOne(db.insertInto("active_policy").values({ policy_id: id, since: now, event_id: event }).returning("policy_id")),
    ],
  );
}

/** Throws `POLICY_ACCESS_INVALID` where the shipped policy is wrong. */
export async function createActivePolicy(deps: ActivePolicyDeps): Promise<ActivePolicy> {
  const { db } = deps.store;
  const { shipped } = deps;
  let loaded = await createDecider(shipped);
  const shippedHash = loaded.hash;
  await activateFirst(deps, shippedHash);

  let known: PolicyStatus = { current: false, explained: true, active: "", loaded: shippedHash, shipped: shippedHash };
  let seenAt = Number.NEGATIVE_INFINITY;
  let unloadable: string | undefined;

  /** The active policy as a decider; undefined, and told once, where this release cannot decide by it as it was meant. */
  const load = async (hash: string): Promise<Decider | undefined> => {
    const row = await db
      .selectFrom("active_policy")
      .innerJoin("access_policy", "access_policy.id", "active_policy.policy_id")
      .select(["access_policy.hash", "model", "policy"])
      .executeTakeFirstOrThrow();
    const complain = (why: string, error?: unknown): undefined => {
      if (unloadable !== hash) deps.log(`the active access policy cannot be loaded: ${why}`, error);
      unloadable = hash;
      return undefined;
    };
    // A model is code to Casbin: only the release's own runs here, whatever the store holds.
    if (!sameModel(row.model, shipped.model)) return complain("it was made for another release's model");
    try {
      const decider = await createDecider({ model: shipped.model, policy: row.policy });
      return decider.hash === row.hash ? decider : complain("its text does not have the hash that was confirmed");
    } catch (error) {
      return complain("it is not one that this release accepts", error);
    }
  };

  let explainedRow: string | undefined;
  let complained: string | undefined;
  const explain = async (row: ActiveRow): Promise<boolean> => {
    const key = JSON.stringify([row.policy, row.hash, row.event]);
    if (key === explainedRow) return true;
    if (await isExplained(deps.store, row)) {
      [explainedRow, complained] = [key, undefined];
      return true;
    }
    if (complained !== key) {
      deps.log("the active access policy is one that no approved change explains");
      const data = { hash: row.hash, before: loaded.hash };
      const object = isId("accessPolicy", row.policy) ? row.policy : "active-policy";
      await deps.work.record({ type: "access-policy.unexplained", actor, object, outcome: "failed", data });
      complained = key;
    }
    return false;
  };

  const lookNow = async (): Promise<PolicyStatus> => {
    const at = performance.now();
    const row = await db
      .selectFrom("active_policy")
      .innerJoin("access_policy", "access_policy.id", "active_policy.policy_id")
      .select(["access_policy.id as policy", "access_policy.hash", "active_policy.event_id as event"])
      .executeTakeFirstOrThrow();
    const { hash: active } = row;
    // Until it is loaded and explained, nothing is decided by the one before.
    if (active !== loaded.hash) known = { ...known, current: false, active };
    const explained = await explain(row).catch((error: unknown) => {
      known = { ...known, current: false };
      throw error;
    });
    if (active !== loaded.hash && unloadable !== active) loaded = (await load(active)) ?? loaded;
    known = { current: explained && active === loaded.hash, explained, active, loaded: loaded.hash, shipped: shippedHash };
    seenAt = at;
    return known;
  };
  // In turn: a look that is under way may have read before what the next one is to find.
  let tail: Promise<unknown> = Promise.resolve();
  const look = (): Promise<PolicyStatus> => {
    const begun = tail.then(lookNow);
    tail = begun.catch(() => undefined);
    return begun;
  };
  let shared: Promise<PolicyStatus> | undefined;
  const status = (): Promise<PolicyStatus> => {
    if (performance.now() - seenAt < freshMs) return Promise.resolve(known);
    shared ??= look().finally(() => {
      shared = undefined;
    });
    return shared;
  };
  await look();

  const ask = (question: (decider: Decider) => boolean): boolean => known.current && question(loaded);
  return {
    shipped,
    look,
    known: () => known,
    status,
    decider: Object.freeze({
      decide: (...question: Parameters<Decider["decide"]>) => ask((decider) => decider.decide(...question)),
      mayEver: (...question: Parameters<Decider["mayEver"]>) => ask((decider) => decider.mayEver(...question)),
      get hash() {
        return loaded.hash;
      },
    }),
  };
}
