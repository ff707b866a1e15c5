import { type Change, expectOne, expectRows } from "../audit/index.ts";
import { isId, type Refusal } from "../kernel/index.ts";
import { type AuthenticatedActor, toActor } from "./actor.ts";
import type { IdentityContext } from "./context.ts";
import { endSessions } from "./end-sessions.ts";
import { factorSecretOwner } from "./factor-secret.ts";
import type { Totp } from "./otpauth-totp.ts";
import { createRecordedRefusal } from "./recorded-refusal.ts";
import type { RecoveryCodes } from "./recovery-codes.ts";
import type { IdentityRefusalCode } from "./refusals.ts";
import type { Credentials } from "./simplewebauthn-credentials.ts";
import type { NewCredentialAnswer, PublicKeyOptions } from "./webauthn-answers.ts";

/** What has to be shown back before the factor counts. */
export type EnrolmentStarted = {
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly expiresAt: string;
} & (
  | {
      readonly kind: "totp";
      /** Base 32, to be typed. */
      readonly secret: string;
      /** `otpauth://`, to be shown as a QR code. */
      readonly uri: string;
    }
  | {
      readonly kind: "webauthn";
      /** For `navigator.credentials.create()`. */
      readonly publicKey: PublicKeyOptions;
    }
);

export type EnrolmentProof = { readonly totp: string } | { readonly webauthn: NewCredentialAnswer };

export interface Enrolled {
  readonly id: string;
  readonly kind: "totp" | "webauthn";
  /** Given with an account's first factor, once; only their hashes are kept. */
  readonly recoveryCodes?: readonly string[] | undefined;
}

export interface Enrolment {
  beginFactor(
    caller: AuthenticatedActor,
    request: { readonly kind: "totp" | "webauthn"; readonly label: string },
  ): Promise<EnrolmentStarted | Refusal<IdentityRefusalCode>>;
  /**
   * The factor counts from here on, and the caller's session has shown it: the code that confirms is
   * not asked for again. Ends the account's sessions that showed one factor only.
   */
  confirmFactor(
    caller: AuthenticatedActor,
    request: { readonly factor: string; readonly proof: EnrolmentProof },
  ): Promise<Enrolled | Refusal<IdentityRefusalCode>>;
}

/** Enough for a person; a list without end would be a place to hide one. */
const maxFactors = 10;

export function createEnrolment(
  context: IdentityContext,
  deps: { readonly totp: Totp; readonly credentials: Credentials; readonly recoveryCodes: RecoveryCodes },
): Enrolment {
  const { store, work, ids, clock, random, keys, settings } = context;
  const { db } = store;
  const { totp, credentials, recoveryCodes } = deps;
  const no = createRecordedRefusal(context);

  const factorsOf = (account: string) =>
    db.selectFrom("factor").selectAll().where("account_id", "=", account).where("removed_at", "is", null);
  const confirmed = (account: string) => factorsOf(account).where("confirmed_at", "is not", null).orderBy("id").execute();
  const pending = (session: string, factor: string) =>
    db
      .selectFrom("factor")
      .selectAll()
      .where("id", "=", factor)
      .where("session_id", "=", session)
      .where("removed_at", "is", null)
      .where("confirmed_at", "is", null)
      .where("expires_at", ">", clock.now());
  type Row = Awaited<ReturnType<typeof confirmed>>[number];

  /** Whoever knows the password alone must not add a factor to an account that has one. */
  const mayEnrol = ({ limit }: AuthenticatedActor): boolean => limit === undefined || limit === "enrolment";

  /** What the proof makes of the enrolment, or undefined where it is wrong. */
  const verify = async (row: Row, proof: EnrolmentProof) => {
    if ("totp" in proof) {
      if (row.secret_sealed === null) return undefined;
      const step = totp.stepOf(await keys.unseal("second-factor", factorSecretOwner, row.secret_sealed, row.id), proof.totp);
      return step === undefined ? undefined : { last_step: step };
    }
    if (row.challenge === null) return undefined;
    const credential = await credentials.verifyNew(proof.webauthn, row.challenge);
    return (
      credential && {
        credential_id: credential.id,
        public_key: Buffer.from(credential.publicKey),
        counter: credential.counter,
        transports: JSON.stringify(credential.transports),
      }
    );
  };

  return {
    beginFactor: async (caller, { kind, label }) => {
      const { session } = caller;
      if (session === undefined || !mayEnrol(caller)) return no(caller, "ACCESS_DENIED");
      const held = await confirmed(caller.id);
      if (held.length >= maxFactors) return no(caller, "IDENTITY_FACTOR_LIMIT", caller.id, { most: maxFactors });
      const id = ids.make("factor");
      const secret = kind === "totp" ? totp.makeSecret() : undefined;
      const challenge = kind === "webauthn" ? random.bytes(32) : undefined;
      const now = clock.now();
      const expiresAt = new Date(now.getTime() + settings.secondFactorTtlMs);
      const begin = db
        .insertInto("factor")
        .values({
          id,
          account_id: caller.id,
          session_id: session,
          kind,
          label,
          secret_sealed: secret && (await keys.seal("second-factor", factorSecretOwner, secret, id)),
          challenge: challenge && Buffer.from(challenge).toString("base64url"),
          created_at: now,
          expires_at: expiresAt,
        })
        .returning("id");
      // One enrolment at a time: what was begun before and not confirmed is given up.
      const giveUp = db
        .updateTable("factor")
        .set({ removed_at: now, secret_sealed: null })
        .where("account_id", "=", caller.id)
        .where("confirmed_at", "is", null)
        .where("removed_at", "is", null)
        .returning("id");
      await work.change(
        {
          type: "factor.enrolment-begun",
          actor: toActor(caller),
          object: id,
          links: { account: caller.id },
          outcome: "done",
          data: { kind },
        },
        [expectOne(begin), expectRows(giveUp)],
      );
      const started = { id, expiresAt: expiresAt.toISOString() };
      if (secret !== undefined) return { ...started, kind: "totp", ...totp.present(secret, caller.login) };
      const known = held.filter((row) => row.kind === "webauthn");
      const listed = known.map((row) => ({ id: row.credential_id ?? "", transports: row.transports ?? [] }));
      return {
        ...started,
        kind: "webauthn",
        publicKey: await credentials.createOptions(caller, listed, challenge ?? Buffer.alloc(0)),
      };
    },
    confirmFactor: async (caller, { factor, proof }) => {
      const { session } = caller;
      if (session === undefined || !mayEnrol(caller)) return no(caller, "ACCESS_DENIED");
      const row = isId("factor", factor) ? await pending(session, factor).executeTakeFirst() : undefined;
      if (row === undefined) return no(caller, "IDENTITY_FACTOR_UNKNOWN");
      const made = await verify(row, proof);
      if (made === undefined) return no(caller, "IDENTITY_ENROLMENT_REFUSED", row.id);
      const { factor_revision: revision } = await db
        .selectFrom("account")
        .select("factor_revision")
        .where("id", "=", caller.id)
        .executeTakeFirstOrThrow();
      const held = await confirmed(caller.id);
      const now = clock.now();
      const revise = db
        .updateTable("account")
        .set((eb) => ({ factor_revision: eb("factor_revision", "+", 1) }))
        .where("id", "=", caller.id)
        .where("factor_revision", "=", revision)
        .returning("id");
      const confirm = db
        .updateTable("factor")
        .set({ ...made, confirmed_at: now, last_used_at: now })
        .where("id", "=", row.id)
        .where("confirmed_at", "is", null)
        .where("removed_at", "is", null)
        .returning("id");
      // One app at a time: two would double what a guess can hit.
      const replace = db
        .updateTable("factor")
        .set({ removed_at: now, secret_sealed: null })
        .where("account_id", "=", caller.id)
        .where("kind", "=", "totp")
        .where("id", "<>", row.id)
        .where("confirmed_at", "is not", null)
        .where("removed_at", "is", null)
        .returning("id");
      const shown = db
        .updateTable("session")
        .set({ second_factor: row.kind, factor_at: now, last_seen_at: now })
        .where("id", "=", session)
        .where("revoked_at", "is", null)
        .returning("id");
      const oneFactor = endSessions(context, caller.id, (query) =>
        query.where("id", "<>", session).where("second_factor", "is", null),
      );
      const codes = held.length === 0 ? recoveryCodes.make(caller.id) : undefined;
      const changes: [Change, ...Change[]] = [expectOne(revise), expectOne(confirm), expectOne(shown), oneFactor];
      if (row.kind === "totp") changes.push(expectRows(replace));
      const outcome = await work.change(
        {
          type: "factor.confirmed",
          actor: toActor(caller),
          object: row.id,
          links: { account: caller.id },
          outcome: "done",
          data: { kind: row.kind, recoveryCodes: codes?.codes.length ?? 0 },
        },
        [...changes, ...(codes?.changes ?? [])],
      );
      // Another change of factors was first, or the authenticator's credential is enrolled already.
      if (outcome.kind === "conflict") return no(caller, "IDENTITY_ENROLMENT_REFUSED", row.id);
      return { id: row.id, kind: row.kind, recoveryCodes: codes?.codes };
    },
  };
}
