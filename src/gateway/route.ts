import type { FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import type { Static, TSchema } from "typebox";
import type { DataFolder } from "../cluster/index.ts";
import type { AuthenticatedActor, SessionLimit } from "../identity/index.ts";
import type { Refusal } from "../kernel/index.ts";
import type { AnswerCode } from "./answers.ts";
import type { Permission } from "./permission.ts";
import type { RateClass } from "./rate-class.ts";
import type { Answers, Sent } from "./success.ts";

type Parsed<S> = S extends TSchema ? Static<S> : undefined;

/** What a handler is given; `caller` is there exactly when the route is neither public nor the watcher's. */
export interface Call<P extends Permission, Params, Query, Body> {
  readonly caller: P extends "public" | "watcher" ? undefined : AuthenticatedActor;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Whether this request would be let in now, and as whom: for answers that last. */
  readmit(): Promise<AuthenticatedActor | undefined>;
}

/** Headers of answers that mean something to a client. */
export type SentHeader =
  | "location"
  | "etag"
  | "content-disposition"
  | "set-cookie"
  | "tus-resumable"
  | "tus-version"
  | "tus-extension"
  | "tus-max-size"
  | "tus-checksum-algorithm"
  | "upload-offset"
  | "upload-length"
  | "upload-expires";

/** What a route says of itself; the document at `/openapi.json` is made from it. */
export interface RouteFacts {
  readonly method: HTTPMethods;
  readonly url: string;
  readonly permission: Permission;
  /** Only for a session that showed a factor lately; what it does is not undone by an apology. */
  readonly recent?: true | undefined;
  /** Sessions that open nothing else yet open this. */
  readonly whileLimited?: readonly SessionLimit[] | undefined;
  /** Answers even where this gateway is not fit to answer anything else: whoever watches it must be told so. */
  readonly evenUnfit?: true | undefined;
  /** Begins something that takes time and space: refused while the gateway drains or its disk is short. A folder: the body goes there. */
  readonly newWork?: true | DataFolder | undefined;
  /** What a request is counted as, where its form does not say it (`rateClassOf`). */
  readonly rate?: RateClass | undefined;
  /** Packed for clients that take it: only what is the same for everybody. */
  readonly packs?: true | undefined;
  readonly summary: string;
  readonly params?: TSchema | undefined;
  readonly query?: TSchema | undefined;
  readonly body?: TSchema | undefined;
  /** The body is a stream of one of these media types, not JSON. */
  readonly stream?: readonly string[] | undefined;
  /** What a success looks like, by status (`json(…)`, `text(…)`, `nothing`). One 2xx: the status of a returned value. */
  readonly answers: Answers;
  /** Whether the route heeds `If-Match`, or asks for it. */
  readonly ifMatch?: "optional" | "required" | undefined;
  /** The answer holds a secret, shown once: it is neither kept for a repetition nor compressed. */
  readonly secret?: true | undefined;
  /** Headers beside the usual ones that a success may carry. */
  readonly sends?: readonly SentHeader[] | undefined;
  /** Refusals the handler may return; what the gateway itself refuses is added from the route's form. */
  readonly refuses?: readonly AnswerCode[] | undefined;
}

/** One route as data: method, address, who may call it, its shapes, and what it does. */
export interface Route<
  P extends Permission = Permission,
  Params extends TSchema | undefined = undefined,
  Query extends TSchema | undefined = undefined,
  Body extends TSchema | undefined = undefined,
  A extends Answers = Answers,
> extends RouteFacts {
  readonly permission: P;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly answers: A;
  /** A value is sent as JSON (a `Refusal` as its problem); a handler that has sent returns the reply. */
  handle(call: Call<P, Parsed<Params>, Parsed<Query>, Parsed<Body>>): Promise<Sent<A> | Refusal | FastifyReply>;
}

/** A route with its types rubbed off, as the server keeps it. */
export interface AnyRoute extends RouteFacts {
  handle(call: Call<Permission, unknown, unknown, unknown>): Promise<unknown>;
}

/** Declares a route; the handler's types follow from the schemas and the permission. */
export function route<
  const P extends Permission,
  Params extends TSchema | undefined = undefined,
  Query extends TSchema | undefined = undefined,
  Body extends TSchema | undefined = undefined,
  A extends Answers = Answers,
>(definition: Route<P, Params, Query, Body, A>): AnyRoute {
  return definition as unknown as AnyRoute;
}
