import { createHmac } from "node:crypto";
import type { Selectable } from "kysely";
import { canonicalJson, type Random } from "../kernel/index.ts";
import type { Keystore } from "../keys/index.ts";
import type { WrittenParameters } from "../policy/index.ts";
import type { Tables } from "../store/index.ts";

/** What a job runs: the text as it was written, and the values of its parameters. */
export interface Statement {
  readonly sql: string;
  readonly parameters: WrittenParameters;
}

const contextOf = (job: string, part: "sql" | "parameters"): string => `job/${job}/${part}`;
const hasAny = (parameters: WrittenParameters): boolean => Object.keys(parameters).length > 0;

/** UTF-8 bytes of text and values: what the limit of a statement counts. */
export function bytesOfStatement({ sql, parameters }: Statement): number {
  return Buffer.byteLength(sql) + (hasAny(parameters) ? Buffer.byteLength(JSON.stringify(parameters)) : 0);
}

/** The statement at rest: sealed under the agreement's record key, which outlives the data (Art. 36). */
export async function sealStatement(
  keys: Keystore,
  agreement: string,
  job: string,
  { sql, parameters }: Statement,
): Promise<Pick<Selectable<Tables["job"]>, "sql_sealed" | "parameters_sealed">> {
  const seal = (part: "sql" | "parameters", text: string) =>
    keys.seal("agreement-record", agreement, Buffer.from(text, "utf8"), contextOf(job, part));
  return {
    sql_sealed: await seal("sql", sql),
    parameters_sealed: hasAny(parameters) ? await seal("parameters", JSON.stringify(parameters)) : null,
  };
}

export async function unsealStatement(
  keys: Keystore,
  row: Pick<Selectable<Tables["job"]>, "id" | "agreement_id" | "sql_sealed" | "parameters_sealed">,
): Promise<Statement> {
  const open = async (part: "sql" | "parameters", sealed: Uint8Array): Promise<string> =>
    (await keys.unseal("agreement-record", row.agreement_id, sealed, contextOf(row.id, part))).toString("utf8");
  const parameters = row.parameters_sealed === null ? "{}" : await open("parameters", row.parameters_sealed);
  return { sql: await open("sql", row.sql_sealed), parameters: JSON.parse(parameters) as WrittenParameters };
}

/**
 * What events and packages say of a statement: HMAC-SHA-256 over a salt, the text and the values, under
 * the agreement's record key. Its readers know the salt, and often all of the statement but a value; without
 * the key they cannot try values. The NUL before the values stands in no text that runs.
 */
export async function hashStatement(
  { keys, random }: { readonly keys: Keystore; readonly random: Random },
  agreement: string,
  { sql, parameters }: Statement,
): Promise<string> {
  const salt = random.bytes(16);
  const key = await keys.secret("agreement-record", agreement);
  const hash = createHmac("sha256", key).update("statement\0").update(salt).update(sql, "utf8");
  if (hasAny(parameters)) hash.update(`\0${canonicalJson(parameters)}`, "utf8");
  return `${Buffer.from(salt).toString("base64url")}.${hash.digest("base64url")}`;
}
