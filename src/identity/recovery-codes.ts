import { type Change, expectOne, expectRows } from "../audit/index.ts";
import { sha256 } from "../kernel/index.ts";
import type { IdentityContext } from "./context.ts";

/** Codes on paper, for who lost the authenticator. Each works once; a new set makes the old one worthless. */
export interface RecoveryCodes {
  /** Ten new codes, to be shown once, and the changes that keep their hashes. */
  make(account: string): { readonly codes: readonly string[]; readonly changes: readonly Change[] };
  left(account: string): Promise<number>;
  /** The change that uses a code up; undefined where it is none of the account's. */
  use(account: string, code: string): Promise<Change | undefined>;
  /** The change that makes all of the account's worthless. */
  drop(account: string): Change;
}

const codesAtOnce = 10;
const codeBytes = 20;
/** Without the letters that look like digits, as they are typed from paper. */
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
const fours = /.{4}/g;

/** 100 random bits need no salt against guessing; the account stands in the hash so that no code fits another's. */
const hashOf = (account: string, code: string): Buffer =>
  Buffer.from(sha256(`${account} ${code.toLowerCase().replaceAll(/[\s-]/g, "")}`));

export function createRecoveryCodes({
  store,
  clock,
  random,
}: Pick<IdentityContext, "store" | "clock" | "random">): RecoveryCodes {
  const { db } = store;
  const makeCode = (): string => {
    const letters = Array.from(random.bytes(codeBytes), (byte) => alphabet[byte % alphabet.length]).join("");
    return (letters.match(fours) ?? []).join("-");
  };
  const valid = (account: string) =>
    db
      .selectFrom("recovery_code")
      .select("code_hash")
      .where("account_id", "=", account)
      .where("used_at", "is", null)
      .where("void_at", "is", null);
  const drop = (account: string): Change =>
    expectRows(
      db
        .updateTable("recovery_code")
        .set({ void_at: clock.now() })
        .where("account_id", "=", account)
        .where("void_at", "is", null)
        .returning("account_id"),
    );
  return {
    drop,
    make: (account) => {
      const codes = Array.from({ length: codesAtOnce }, makeCode);
      const rows = codes.map((code) => ({ account_id: account, code_hash: hashOf(account, code), created_at: clock.now() }));
      const insert = db.insertInto("recovery_code").values(rows).returning("account_id");
      return { codes, changes: [drop(account), expectRows(insert, codesAtOnce, codesAtOnce)] };
    },
    left: async (account) => (await valid(account).execute()).length,
    use: async (account, code) => {
      const hash = hashOf(account, code);
      if ((await valid(account).where("code_hash", "=", hash).executeTakeFirst()) === undefined) return undefined;
      const use = db
        .updateTable("recovery_code")
        .set({ used_at: clock.now() })
        .where("account_id", "=", account)
        .where("code_hash", "=", hash)
        .where("used_at", "is", null)
        .where("void_at", "is", null)
        .returning("account_id");
      return expectOne(use);
    },
  };
}
