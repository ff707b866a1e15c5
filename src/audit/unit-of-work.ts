import { AsyncLocalStorage } from "node:async_hooks";
import { type Compilable, CompiledQuery } from "kysely";
import type { Clock, Id, Ids, Random } from "../kernel/index.ts";
import { type Store, signalChannel } from "../store/index.ts";
import { AuditError } from "./errors.ts";
import { type EventDraft, type SealedEvent, sealEvent } from "./event.ts";
import { formatSignal } from "./signal.ts";

/** One write and how many rows it must meet; made by `expectOne`, `expectRows`. */
export interface Change {
  readonly query: Compilable;
  readonly atLeast: number;
  readonly atMost: number;
}

const unbounded = Number.MAX_SAFE_INTEGER;

/** The write must meet exactly one row. The query must have a RETURNING clause. */
export const expectOne = (query: Compilable): Change => ({ query, atLeast: 1, atMost: 1 });

/** The write must meet `atLeast` to `atMost` rows. The query must have a RETURNING clause. */
export const expectRows = (query: Compilable, atLeast = 0, atMost = unbounded): Change => ({ query, atLeast, atMost });

export type ChangeOutcome =
  /** `rows[i]`: what the i-th change returned, as JSON. */
  | { readonly kind: "done"; readonly eventId: Id<"event">; readonly rows: readonly (readonly Record<string, unknown>[])[] }
  /** Another writer was first, or a unique name is taken; nothing was changed or recorded. */
  | { readonly kind: "conflict"; readonly constraint: string | undefined };

/** The changes of one unit; a function where a row must name the event that records it. */
export type Changes = readonly [Change, ...Change[]] | ((event: Id<"event">) => readonly [Change, ...Change[]]);

/** The right to carry out one request, held by whoever has the newest fence (`idempotency.ts`). */
export interface RequestClaim {
  readonly id: Buffer;
  readonly fence: number;
  readonly account: string;
}

/**
 * The only exported way to write state (design §9): the change and its event are one statement,
 * hence one transaction and one round trip. There is no change without an event.
 */
export interface UnitOfWork {
  change(event: EventDraft, changes: Changes): Promise<ChangeOutcome>;
  /** An event with no state of its own: a refusal, a reading. */
  record(event: EventDraft): Promise<Id<"event">>;
  /**
   * Does `run` under a claim: what its account changes meanwhile marks the claim in the same statement,
   * and does not pass once another has taken it over (`AUDIT_CLAIM_LOST`). So there is never a doubt
   * whether a request that was cut off had done its work.
   */
  claimed<T>(claim: RequestClaim, run: () => Promise<T>): Promise<T>;
}

const guardFailed = "HG001";
const claimLost = "HG003";
const uniqueViolation = "23505";
const foreignKeyViolation = "23503";

interface DatabaseFault {
  readonly code: string;
  readonly constraint?: string | undefined;
}

function isDatabaseFault(error: unknown): error is DatabaseFault {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string";
}

/** What a statement does beside its changes: marks the claim it is made under. */
interface Mark {
  readonly claim: RequestClaim;
  readonly object: string;
}

/** Joins the changes, the guard on their row counts and the event into one statement. */
function compose(
  sealed: SealedEvent,
  changes: readonly Change[],
  { signal, mark }: { readonly signal: string | undefined; readonly mark: Mark | undefined },
): CompiledQuery {
  const parameters: unknown[] = [];
  const bind = (value: unknown): string => `$${parameters.push(value)}`;
  const parts = changes.map(({ query }, index) => {
    const compiled = query.compile();
    const offset = parameters.length;
    parameters.push(...compiled.parameters);
    // Kysely binds every value, so a `$n` in its text is always one of its placeholders.
    const text = compiled.sql.replace(/\$(\d+)/g, (_, place: string) => `$${Number(place) + offset}`);
    return `c${index} AS (${text})`;
  });
  const guards = changes.map(
    ({ atLeast, atMost }, index) =>
      `expect_rows((SELECT count(*) FROM c${index}), ${bind(atLeast)}::bigint, ${bind(atMost)}::bigint)`,
  );
  if (mark !== undefined) {
    const { claim, object } = mark;
    const set = `event_id = coalesce(event_id, ${bind(sealed.id)}::text), object_id = coalesce(object_id, ${bind(object)}::text)`;
    parts.push(
      `claim AS (UPDATE idempotent_request SET ${set} WHERE id = ${bind(claim.id)}::bytea AND fence = ${bind(claim.fence)}::int RETURNING id)`,
    );
    guards.push("expect_claim((SELECT count(*) FROM claim))");
  }
  // The transaction takes its number before the event takes its place of arrival: the sequencer's mark rests on it.
  const condition = ["pg_current_xact_id() IS NOT NULL", ...guards].join(" AND ");
  const insert = `INSERT INTO audit_event (id, leaf) SELECT ${bind(sealed.id)}::text, ${bind(sealed.leaf)}::bytea WHERE ${condition} RETURNING id`;
  const rows = changes.map((_, index) => `(SELECT coalesce(jsonb_agg(to_jsonb(c${index})), '[]') FROM c${index}) AS r${index}`);
  // Delivered when this commits, and only then; a guard that is missed undoes it with the rest.
  const told = signal === undefined ? [] : [`pg_notify(${bind(signalChannel)}, ${bind(signal)})`];
  const columns = ["(SELECT count(*)::int FROM event) AS recorded", ...rows, ...told];
  const text = `WITH ${[...parts, `event AS (${insert})`].join(", ")} SELECT ${columns.join(", ")}`;
  return CompiledQuery.raw(text, parameters);
}

export function createUnitOfWork(deps: {
  readonly store: Store;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly random: Random;
  readonly onRecorded: () => void;
  /** Event types that every gateway is told of as they commit. */
  readonly signals?: ReadonlySet<string> | undefined;
}): UnitOfWork {
  const claims = new AsyncLocalStorage<{ readonly claim: RequestClaim; over: boolean }>();

  /** Only what the request's own account gets done: work of the platform that it sets off is not the request. */
  const markOf = ({ actor, object, outcome }: EventDraft): Mark | undefined => {
    const held = claims.getStore();
    if (held === undefined || held.over || outcome !== "done") return undefined;
    return actor.kind === "account" && actor.id === held.claim.account ? { claim: held.claim, object } : undefined;
  };

  const write = async (draft: EventDraft, sealed: SealedEvent, changes: readonly Change[]): Promise<Record<string, unknown>> => {
    const signal = deps.signals?.has(draft.type) === true ? formatSignal(draft) : undefined;
    const mark = changes.length === 0 ? undefined : markOf(draft);
    const answer = await deps.store.db.executeQuery(compose(sealed, changes, { signal, mark }));
    const row = answer.rows[0] as Record<string, unknown> | undefined;
    if (row?.["recorded"] !== 1)
      throw new AuditError("AUDIT_NOT_RECORDED", "The event was not written, so the change was not made.");
    deps.onRecorded();
    return row;
  };
  return {
    change: async (draft, given) => {
      const sealed = sealEvent(draft, deps);
      const changes = typeof given === "function" ? given(sealed.id) : given;
      try {
        const row = await write(draft, sealed, changes);
        const rows = changes.map((_, index) => row[`r${index}`] as readonly Record<string, unknown>[]);
        return { kind: "done", eventId: sealed.id, rows };
      } catch (error) {
        if (!isDatabaseFault(error)) throw error;
        if (error.code === claimLost)
          throw new AuditError("AUDIT_CLAIM_LOST", "The request was taken over by a repetition of it; nothing was changed.");
        if (error.code === guardFailed) return { kind: "conflict", constraint: undefined };
        if (error.code === uniqueViolation || error.code === foreignKeyViolation)
          return { kind: "conflict", constraint: error.constraint };
        throw error;
      }
    },
    record: async (draft) => {
      const sealed = sealEvent(draft, deps);
      await write(draft, sealed, []);
      return sealed.id;
    },
    claimed: async (claim, run) => {
      const held = { claim, over: false };
      try {
        return await claims.run(held, run);
      } finally {
        // What goes on in the background after the answer is nobody's request.
        held.over = true;
      }
    },
  };
}
