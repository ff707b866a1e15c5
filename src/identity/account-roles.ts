import type { Store } from "../store/index.ts";

/** The roles of an account now, in alphabetical order. */
export async function rolesOfAccount({ db }: Store, account: string): Promise<readonly string[]> {
  const rows = await db.selectFrom("account_role").select("role").where("account_id", "=", account).orderBy("role").execute();
  return rows.map(({ role }) => role);
}
