import type { AuthenticatedActor } from "../identity/index.ts";
import { isRefusal, type Refusal, refuse } from "../kernel/index.ts";
import { checkParameters, type WrittenParameters } from "../policy/index.ts";
import type { JobRefusalCode } from "./refusals.ts";
import type { SavedQueries } from "./saved-queries.ts";
import { bytesOfStatement, type Statement } from "./statement.ts";

/** How a caller says what to run: a text, or a saved one by reference. */
export interface StatementRequest {
  readonly sql?: string | undefined;
  readonly query?: string | undefined;
  /** Of the saved statement; the newest where none is named. */
  readonly version?: number | undefined;
  readonly parameters?: WrittenParameters | undefined;
}

export interface ResolvedStatement {
  readonly statement: Statement;
  readonly query: { readonly id: string; readonly version: number } | undefined;
  /** UTF-8 bytes of text and values. */
  readonly bytes: number;
}

export type ResolveStatement = (
  actor: AuthenticatedActor,
  agreement: string,
  request: StatementRequest,
) => Promise<ResolvedStatement | Refusal<JobRefusalCode>>;

/** The text and values of a request, held to what can be said before any compiler sees them. */
export function createStatementSource(queries: Pick<SavedQueries, "find">, sqlBytes: number): ResolveStatement {
  const textOf = async (
    actor: AuthenticatedActor,
    agreement: string,
    { sql, query, version }: StatementRequest,
  ): Promise<(Pick<ResolvedStatement, "query"> & { readonly sql: string }) | Refusal<JobRefusalCode>> => {
    if (query === undefined) return sql === undefined || version !== undefined ? refuse("JOB_STATEMENT_MISSING") : { sql, query };
    if (sql !== undefined) return refuse("JOB_STATEMENT_MISSING");
    const saved = await queries.find(actor, query, version);
    if (isRefusal(saved)) return saved;
    // A statement belongs to its agreement: under another its words would mean other tables.
    if (saved.agreement !== agreement) return refuse("SAVED_QUERY_NOT_FOUND");
    return { sql: saved.sql, query: { id: saved.id, version: saved.version } };
  };
  return async (actor, agreement, request) => {
    const text = await textOf(actor, agreement, request);
    if (isRefusal(text)) return text;
    const statement: Statement = { sql: text.sql, parameters: request.parameters ?? {} };
    const wrong = checkParameters(statement.parameters);
    if (wrong !== undefined) return refuse("JOB_PARAMETERS_INVALID", { found: wrong.found, instead: wrong.instead });
    const bytes = bytesOfStatement(statement);
    if (bytes > sqlBytes) return refuse("JOB_SQL_TOO_LONG", { bytes, limit: sqlBytes });
    return { statement, query: text.query, bytes };
  };
}
