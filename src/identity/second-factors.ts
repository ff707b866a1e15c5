import { type Change, expectOne } from "../audit/index.ts";
import type { SecondFactor } from "../store/index.ts";
import type { IdentityContext } from "./context.ts";
import { factorSecretOwner } from "./factor-secret.ts";
import type { Totp } from "./otpauth-totp.ts";
import type { RecoveryCodes } from "./recovery-codes.ts";
import type { Credential, Credentials } from "./simplewebauthn-credentials.ts";
import type { AssertionAnswer, PublicKeyOptions } from "./webauthn-answers.ts";

/** What somebody shows as the second factor. */
export type FactorProof = { readonly totp: string } | { readonly webauthn: AssertionAnswer } | { readonly recoveryCode: string };

export interface ShownFactor {
  readonly kind: SecondFactor;
  /** Keep it from being shown again: to be made together with what it opens. */
  readonly changes: readonly Change[];
}

export interface SecondFactors {
  /** What the account can show now; empty: nothing is enrolled. */
  methodsOf(account: string): Promise<readonly SecondFactor[]>;
  optionsFor(account: string, challenge: Uint8Array): Promise<PublicKeyOptions>;
  /** What was shown, if it is right; without a challenge no authenticator's answer is. */
  check(account: string, proof: FactorProof, challenge?: string): Promise<ShownFactor | undefined>;
}

export function createSecondFactors(
  { store, clock, keys }: IdentityContext,
  deps: { readonly totp: Totp; readonly credentials: Credentials; readonly recoveryCodes: RecoveryCodes },
): SecondFactors {
  const { db } = store;
  const { totp, credentials, recoveryCodes } = deps;

  const enrolled = (account: string, kind?: "totp" | "webauthn") => {
    const all = db
      .selectFrom("factor")
      .selectAll()
      .where("account_id", "=", account)
      .where("confirmed_at", "is not", null)
      .where("removed_at", "is", null)
      .orderBy("id");
    return (kind === undefined ? all : all.where("kind", "=", kind)).execute();
  };
  type Row = Awaited<ReturnType<typeof enrolled>>[number];
  const toCredential = (row: Row): Credential => ({
    id: row.credential_id ?? "",
    publicKey: row.public_key ?? Buffer.alloc(0),
    counter: Number(row.counter ?? 0),
    transports: row.transports ?? [],
  });
  const credentialsOf = async (account: string) => (await enrolled(account, "webauthn")).map(toCredential);
  const stillThere = (row: Row) =>
    db.updateTable("factor").where("id", "=", row.id).where("removed_at", "is", null).returning("id");

  const checkTotp = async (account: string, code: string): Promise<ShownFactor | undefined> => {
    const [row] = await enrolled(account, "totp");
    if (row?.secret_sealed == null) return undefined;
    const secret = await keys.unseal("second-factor", factorSecretOwner, row.secret_sealed, row.id);
    const step = totp.stepOf(secret, code);
    if (step === undefined || step <= Number(row.last_step ?? 0)) return undefined;
    // RFC 6238 §5.2: a step that was used is not taken again, nor is one before it.
    const use = stillThere(row)
      .set({ last_step: step, last_used_at: clock.now() })
      .where((eb) => eb.or([eb("last_step", "is", null), eb("last_step", "<", String(step))]));
    return { kind: "totp", changes: [expectOne(use)] };
  };

  const checkAssertion = async (
    account: string,
    answer: AssertionAnswer,
    challenge: string,
  ): Promise<ShownFactor | undefined> => {
    const row = (await enrolled(account, "webauthn")).find(({ credential_id }) => credential_id === answer.id);
    if (row === undefined) return undefined;
    const counter = await credentials.verifyAssertion(answer, challenge, toCredential(row));
    if (counter === undefined) return undefined;
    // The counter read is the counter met: of a device and its copy that answer at one moment one comes too late.
    const use = stillThere(row).set({ counter, last_used_at: clock.now() }).where("counter", "=", row.counter);
    return { kind: "webauthn", changes: [expectOne(use)] };
  };

  return {
    methodsOf: async (account) => {
      const kinds = new Set((await enrolled(account)).map(({ kind }) => kind));
      if (kinds.size === 0) return [];
      const methods: SecondFactor[] = (["totp", "webauthn"] as const).filter((kind) => kinds.has(kind));
      return (await recoveryCodes.left(account)) > 0 ? [...methods, "recovery-code"] : methods;
    },
    optionsFor: async (account, challenge) => credentials.getOptions(await credentialsOf(account), challenge),
    check: async (account, proof, challenge) => {
      if ("totp" in proof) return checkTotp(account, proof.totp);
      if ("webauthn" in proof) return challenge === undefined ? undefined : checkAssertion(account, proof.webauthn, challenge);
      const use = await recoveryCodes.use(account, proof.recoveryCode);
      return use === undefined ? undefined : { kind: "recovery-code", changes: [use] };
    },
  };
}
