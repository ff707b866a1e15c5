import { createHmac, timingSafeEqual } from "node:crypto";
import { type Selectable, sql } from "kysely";
import { type Clock, canonicalJson, type JsonValue, type Refusal, refuse } from "../kernel/index.ts";
import type { Keystore } from "../keys/index.ts";
import type { Store, Tables } from "../store/index.ts";
import type { RequestClaim, UnitOfWork } from "./unit-of-work.ts";

export type IdempotencyRefusalCode =
  | "IDEMPOTENCY_KEY_REUSED"
  | "IDEMPOTENCY_IN_FLIGHT"
  | "IDEMPOTENCY_ANSWER_LOST"
  | "IDEMPOTENCY_ANSWER_NOT_KEPT";

/** One request under a key; another account's, or another route's, same key is another request. */
export interface KeyedRequest {
  readonly account: string;
  readonly route: string;
  readonly key: string;
  /** All that makes it this request and no other. */
  readonly content: JsonValue;
}

/** An answer as it is kept, sealed. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The right to carry the request out; exactly one of `answered`, `failed` ends it. */
export interface HeldRequest {
  /** Does the work; see `UnitOfWork.claimed`. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** The answer that a repetition gets too; undefined: it holds a secret, or is too large, and is not kept. */
  answered(answer: KeptAnswer | undefined): Promise<void>;
  /** No success: a repetition may try again where nothing was changed, and is told where something was. */
  failed(answer: KeptAnswer | undefined): Promise<void>;
}

export interface Idempotency {
  /** Claims the request, or tells what became of it before. */
  begin(
    request: KeyedRequest,
  ): Promise<HeldRequest | { readonly kind: "answer"; readonly answer: KeptAnswer } | Refusal<IdempotencyRefusalCode>>;
  /** Forgets what is past its time; tells how many. */
  sweep(): Promise<number>;
}

type Row = Selectable<Tables["idempotent_request"]>;

/** A holder without a sign of life for this long is gone; a living one says so three times meanwhile. */
const leaseMs = 30_000;
/** Larger answers are not kept. */
const mostBytes = 1_048_576;
const contextOf = (id: Buffer): string => `idempotency/${id.toString("base64url")}`;

export async function createIdempotency(deps: {
  readonly store: Store;
  readonly work: UnitOfWork;
  readonly clock: Clock;
  readonly keys: Pick<Keystore, "secret" | "seal" | "unseal">;
  readonly keepMs: number;
  readonly log: (message: string, error: unknown) => void;
}): Promise<Idempotency> {
  const { work, clock, keys } = deps;
  const { db } = deps.store;
  const secret = await keys.secret("idempotency", "requests");
  const mac = (value: JsonValue): Buffer => createHmac("sha256", secret).update(canonicalJson(value)).digest();

  /** A row of one's own: new, past its time, or left behind by a holder that is gone and changed nothing. */
  const claim = async (id: Buffer, account: string, fingerprint: Buffer): Promise<RequestClaim | undefined> => {
    const now = clock.now();
    const fresh = {
      fingerprint,
      lease_until: new Date(now.getTime() + leaseMs),
      event_id: null,
      object_id: null,
      answered_at: null,
      answer_sealed: null,
      expires_at: new Date(now.getTime() + deps.keepMs),
    };
    const row = await db
      .insertInto("idempotent_request")
      .values({ ...fresh, id, account_id: account })
      .onConflict((conflict) =>
        conflict
          .column("id")
          .doUpdateSet((eb) => ({ ...fresh, fence: eb("idempotent_request.fence", "+", 1) }))
          .where((eb) =>
            eb.or([
              eb("idempotent_request.expires_at", "<=", now),
              eb.and([
                eb("idempotent_request.lease_until", "<=", now),
                eb("idempotent_request.event_id", "is", null),
                eb("idempotent_request.answered_at", "is", null),
              ]),
            ]),
          ),
      )
      .returning("fence")
      .executeTakeFirst();
    return row === undefined ? undefined : { id, fence: row.fence, account };
  };

  /** What a row that could not be claimed tells a repetition. */
  const tell = async (row: Row, fingerprint: Buffer) => {
    if (!timingSafeEqual(row.fingerprint, fingerprint)) return refuse<IdempotencyRefusalCode>("IDEMPOTENCY_KEY_REUSED");
    const made = row.object_id === null ? undefined : { object: row.object_id };
    if (row.answer_sealed !== null) {
      const text = await keys.unseal("idempotency", "answers", row.answer_sealed, contextOf(row.id));
      return { kind: "answer", answer: JSON.parse(text.toString("utf8")) as KeptAnswer } as const;
    }
    if (row.answered_at !== null) return refuse<IdempotencyRefusalCode>("IDEMPOTENCY_ANSWER_NOT_KEPT", made);
    if (row.event_id !== null && row.lease_until <= clock.now())
      return refuse<IdempotencyRefusalCode>("IDEMPOTENCY_ANSWER_LOST", made);
    return refuse<IdempotencyRefusalCode>("IDEMPOTENCY_IN_FLIGHT");
  };

  const hold = (held: RequestClaim): HeldRequest => {
    const mine = () => db.updateTable("idempotent_request").where("id", "=", held.id).where("fence", "=", held.fence);
    const beat = setInterval(() => {
      mine()
        .set({ lease_until: new Date(clock.now().getTime() + leaseMs) })
        .execute()
        .catch((error: unknown) => deps.log("a claimed request could not say that it lives", error));
    }, leaseMs / 3);
    beat.unref();
    const keep = async (answer: KeptAnswer | undefined): Promise<void> => {
      const bytes = answer === undefined ? undefined : Buffer.from(JSON.stringify(answer));
      const sealed =
        bytes === undefined || bytes.length > mostBytes
          ? null
          : await keys.seal("idempotency", "answers", bytes, contextOf(held.id));
      await mine().set({ answered_at: clock.now(), answer_sealed: sealed }).execute();
    };
    return {
      run: (run) => work.claimed(held, run),
      answered: (answer) => {
        clearInterval(beat);
        return keep(answer);
      },
      failed: async (answer) => {
        clearInterval(beat);
        // The row stays, and with it the fence: a holder that was overtaken must never meet its own number again.
        const row = await mine().set({ lease_until: clock.now() }).returning("event_id").executeTakeFirst();
        // It had changed something before it failed: what it was told can be told again, a fault only where to look.
        if (row !== undefined && row.event_id !== null && answer !== undefined) await keep(answer);
      },
    };
  };

  return {
    begin: async ({ account, route, key, content }) => {
      const [id, fingerprint] = [mac([account, route, key]), mac(content)];
      const held = await claim(id, account, fingerprint);
      if (held !== undefined) return hold(held);
      const row = await db.selectFrom("idempotent_request").selectAll().where("id", "=", id).executeTakeFirst();
      // Gone between the two: its time was over just now, and the next attempt claims it.
      return row === undefined ? refuse("IDEMPOTENCY_IN_FLIGHT") : tell(row, fingerprint);
    },
    sweep: async () => {
      const gone = await sql`DELETE FROM idempotent_request WHERE expires_at <= ${clock.now()}`.execute(db);
      return Number(gone.numAffectedRows ?? 0);
    },
  };
}
