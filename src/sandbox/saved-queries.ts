import type { Selectable } from "kysely";
import { expectOne } from "../audit/index.ts";
import { parsePlainText } from "../catalog/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { isId, type Refusal, refuse } from "../kernel/index.ts";
import type { QueryVisibility, Tables } from "../store/index.ts";
import type { JobAccess } from "./job-access.ts";
import type { JobContext } from "./job-context.ts";
import type { JobRefusalCode } from "./refusals.ts";
import { hashStatement } from "./statement.ts";

/** A saved statement without its text. */
export interface SavedQueryView {
  readonly id: string;
  readonly agreement: string;
  readonly title: string;
  readonly author: string;
  /** Who of the operator sees it: its author alone, or all. */
  readonly visibility: QueryVisibility;
  readonly newest: number;
  readonly createdAt: string;
}

/** One version, which nothing changes any more. */
export interface SavedQueryText extends SavedQueryView {
  readonly version: number;
  readonly sql: string;
  readonly savedAt: string;
}

export interface SavedQueries {
  save(
    actor: AuthenticatedActor,
    request: {
      readonly agreement: string;
      readonly title: string;
      readonly sql: string;
      readonly visibility?: QueryVisibility | undefined;
    },
  ): Promise<SavedQueryText | Refusal<JobRefusalCode>>;
  /** A new version beside the old ones; by the author, while the agreement is in force. */
  saveVersion(
    actor: AuthenticatedActor,
    request: { readonly query: string; readonly sql: string },
  ): Promise<SavedQueryText | Refusal<JobRefusalCode>>;
  list(actor: AuthenticatedActor, agreement: string): Promise<readonly SavedQueryView[] | Refusal<"AGREEMENT_NOT_FOUND">>;
  /** The text of a version, the newest if none is named. */
  find(actor: AuthenticatedActor, query: string, version?: number): Promise<SavedQueryText | Refusal<JobRefusalCode>>;
}

type Row = Selectable<Tables["saved_query"]>;

/** Saved statements that one operator may have under one agreement. */
const mostQueries = 1000;
const contextOf = (query: string, version: number): string => `query/${query}/${version}`;

function viewOf(row: Row): SavedQueryView {
  const { id, title, visibility, newest } = row;
  return {
    id,
    agreement: row.agreement_id,
    title,
    author: row.author_id,
    visibility,
    newest,
    createdAt: row.created_at.toISOString(),
  };
}

export function createSavedQueries(context: JobContext, access: JobAccess): SavedQueries {
  const { store, work, ids, clock, keys, decider, governance, limits } = context;
  const { db } = store;
  const notFound: Refusal<JobRefusalCode> = refuse("SAVED_QUERY_NOT_FOUND");

  const mayRead = (
    actor: AuthenticatedActor,
    row: Pick<Row, "visibility" | "author_id">,
    parties: { operator: string; agency: string },
  ) =>
    decider.decide(actor.roles, "read", "query", governance.relationsTo(actor, parties, row.author_id)) &&
    (row.visibility === "operator" || row.author_id === actor.id);

  const load = async (actor: AuthenticatedActor, id: string): Promise<Row | undefined> => {
    if (!isId("query", id)) return undefined;
    const row = await db.selectFrom("saved_query").selectAll().where("id", "=", id).executeTakeFirst();
    const parties = row === undefined ? undefined : await governance.parties(row.agreement_id);
    return row !== undefined && parties !== undefined && mayRead(actor, row, parties) ? row : undefined;
  };

  const open = async (row: Row, number: number): Promise<SavedQueryText | undefined> => {
    const version = await db
      .selectFrom("saved_query_version")
      .selectAll()
      .where("query_id", "=", row.id)
      .where("number", "=", number)
      .executeTakeFirst();
    if (version === undefined) return undefined;
    const text = await keys.unseal("agreement-record", row.agreement_id, version.sql_sealed, contextOf(row.id, number));
    return { ...viewOf(row), version: number, sql: text.toString("utf8"), savedAt: version.created_at.toISOString() };
  };

  const versionOf = async (agreement: string, query: string, number: number, sql: string) => {
    const sqlHash = await hashStatement(context, agreement, { sql, parameters: {} });
    const sealed = await keys.seal("agreement-record", agreement, Buffer.from(sql, "utf8"), contextOf(query, number));
    const insert = db
      .insertInto("saved_query_version")
      .values({ query_id: query, number, sql_sealed: sealed, sql_hash: sqlHash, created_at: clock.now() })
      .returning("number");
    return { sqlHash, insert: expectOne(insert) };
  };

  const type = "query.saved";
  const permission = { action: "save", kind: "query" };
  const tooLong = (sql: string) => Buffer.byteLength(sql) > limits.sqlBytes;

  return {
    save: async (actor, { agreement, sql, visibility = "operator", ...request }) => {
      const no = (code: JobRefusalCode, detail?: Refusal["detail"]) =>
        access.refused(actor, { type, object: agreement, code, detail });
      const usable = await access.usable(actor, agreement, permission);
      if (usable === undefined) return no("JOB_AGREEMENT_NOT_IN_FORCE");
      const title = parsePlainText(request.title);
      if (title === undefined) return no("SAVED_QUERY_TITLE_INVALID");
      if (tooLong(sql)) return no("JOB_SQL_TOO_LONG", { limit: limits.sqlBytes });
      const { n } = await db
        .selectFrom("saved_query")
        .select((eb) => eb.fn.countAll<string>().as("n"))
        .where("agreement_id", "=", agreement)
        .where("operator_id", "=", actor.organisation)
        .executeTakeFirstOrThrow();
      if (Number(n) >= mostQueries) return no("SAVED_QUERY_TOO_MANY", { limit: mostQueries });
      const id = ids.make("query");
      const { sqlHash, insert } = await versionOf(agreement, id, 1, sql);
      const row = db
        .insertInto("saved_query")
        .values({
          id,
          agreement_id: agreement,
          operator_id: actor.organisation,
          author_id: actor.id,
          title,
          visibility,
          newest: 1,
          created_at: clock.now(),
        })
        .returning("id");
      await work.change(
        {
          type,
          actor: toActor(actor),
          object: id,
          from: [agreement],
          outcome: "done",
          data: { version: 1, visibility, sqlHash },
        },
        [expectOne(row), insert],
      );
      return (await findText(actor, id)) ?? notFound;
    },
    saveVersion: async (actor, { query, sql }) => {
      const no = (code: JobRefusalCode, detail?: Refusal["detail"]) =>
        access.refused(actor, { type, object: query, code, detail });
      const row = await load(actor, query);
      if (row === undefined || row.author_id !== actor.id) return no("SAVED_QUERY_NOT_FOUND");
      if ((await access.usable(actor, row.agreement_id, permission)) === undefined) return no("JOB_AGREEMENT_NOT_IN_FORCE");
      if (tooLong(sql)) return no("JOB_SQL_TOO_LONG", { limit: limits.sqlBytes });
      const number = row.newest + 1;
      const { sqlHash, insert } = await versionOf(row.agreement_id, row.id, number, sql);
      const raise = db
        .updateTable("saved_query")
        .set({ newest: number })
        .where("id", "=", row.id)
        .where("newest", "=", row.newest)
        .returning("id");
      const outcome = await work.change(
        {
          type,
          actor: toActor(actor),
          object: row.id,
          links: { agreement: row.agreement_id },
          outcome: "done",
          data: { version: number, sqlHash },
        },
        [expectOne(raise), insert],
      );
      if (outcome.kind === "conflict") return no("SAVED_QUERY_CHANGED");
      return (await findText(actor, row.id)) ?? notFound;
    },
    list: async (actor, agreement) => {
      const parties = isId("agreement", agreement) ? await governance.parties(agreement) : undefined;
      if (parties === undefined || parties.operator !== actor.organisation) return refuse("AGREEMENT_NOT_FOUND");
      const rows = await db.selectFrom("saved_query").selectAll().where("agreement_id", "=", agreement).orderBy("id").execute();
      return rows.filter((row) => mayRead(actor, row, parties)).map(viewOf);
    },
    find: async (actor, query, version) => (await findText(actor, query, version)) ?? notFound,
  };

  async function findText(actor: AuthenticatedActor, query: string, version?: number): Promise<SavedQueryText | undefined> {
    const row = await load(actor, query);
    return row === undefined ? undefined : open(row, version ?? row.newest);
  }
}
