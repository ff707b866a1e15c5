import type { Test } from "tap";
import { type Claims, createClaims } from "../../src/sandbox/claims.ts";
import { joinTestGateway } from "../support/gateway.ts";
import { openTestStore, type TestStore } from "../support/store.ts";

export interface Operator {
  readonly id: string;
  /** Puts jobs in the queue, one millisecond apart, and gives their ids. */
  submit(count: number, priority?: number): Promise<readonly string[]>;
}

export interface QueueFixture extends TestStore {
  /** A registered operator with an agreement of its own. */
  operator(name: string): Promise<Operator>;
  /** The claims of one gateway. */
  gateway(perOperator: number): Promise<Claims>;
  /** Ends a running job, as its worker would. */
  end(claim: NonNullable<Awaited<ReturnType<Claims["next"]>>>): Promise<void>;
}

/** The real queue in a real store, without enclave workers. */
export async function openQueue(t: Test): Promise<QueueFixture> {
  const base = await openTestStore(t);
  const { store, work, ids, clock } = base;
  const { db } = store;
  // Said to be shared: else each one that joins would declare those before it lost.
  const shared = { ...base, store: { ...store, shared: true } };
  const gateway = async (perOperator: number) =>
    createClaims({ store, work, clock, membership: await joinTestGateway(t, shared), perOperator });
  const anyGateway = await gateway(1);
  return {
    ...base,
    gateway,
    end: async (claim) => {
      clock.advance(1);
      await anyGateway.finish(claim, { state: "failed", event: { type: "job.failed", outcome: "failed" } });
    },
    operator: async (name) => {
      const [id, author, agreement, version] = [
        ids.make("organisation"),
        ids.make("user"),
        ids.make("agreement"),
        ids.make("agreementVersion"),
      ];
      const at = clock.now();
      await db.insertInto("organisation").values({ id, kind: "operator", name, uscc: null, created_at: at }).execute();
      await db
        .insertInto("account")
        .values({ id: author, login: name, name, organisation_id: id, password_hash: "none", state: "active", created_at: at })
        .execute();
      await db.transaction().execute(async (rows) => {
        await rows
          .insertInto("agreement_version")
          .values({
            id: version,
            agreement_id: agreement,
            number: 1,
            scope: "[]",
            release_rules: "{}",
            digest: "",
            created_at: at,
          })
          .execute();
        await rows
          .insertInto("agreement")
          .values({
            id: agreement,
            scenario: name,
            purpose: "统计",
            operator_id: id,
            agency_id: id,
            state: "in-force",
            starts_at: new Date("2026-01-01T00:00:00+08:00"),
            ends_at: new Date("2027-01-01T00:00:00+08:00"),
            version_id: version,
            author_id: author,
            created_at: at,
            end_reason: null,
          })
          .execute();
      });
      return {
        id,
        submit: async (count, priority = 1) => {
          const rows = Array.from({ length: count }, () => {
            clock.advance(1);
            return {
              id: ids.make("job"),
              agreement_id: agreement,
              agreement_version_id: version,
              author_id: author,
              operator_id: id,
              purpose: "统计",
              state: "queued" as const,
              sql_sealed: Buffer.from("sealed"),
              sql_hash: "5",
              provision_id: null,
              plan_digest: null,
              answer: null,
              claimed_by: null,
              submitted_at: clock.now(),
              priority,
            };
          });
          await db.insertInto("job").values(rows).execute();
          return rows.map((row) => row.id);
        },
      };
    },
  };
}
