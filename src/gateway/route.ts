import type { FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import type { Static, TSchema } from "typebox";
import type { AuthenticatedActor } from "../identity/index.ts";
import type { Permission } from "./permission.ts";

type Parsed<S> = S extends TSchema ? Static<S> : undefined;

/** What a handler is given; `caller` is there exactly when the route is not public. */
export interface Call<P extends Permission, Params, Query, Body> {
  readonly caller: P extends "public" ? undefined : AuthenticatedActor;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** One route as data: method, address, who may call it, its shapes, and what it does. */
export interface Route<
  P extends Permission = Permission,
  Params extends TSchema | undefined = undefined,
  Query extends TSchema | undefined = undefined,
  Body extends TSchema | undefined = undefined,
> {
  readonly method: HTTPMethods;
  readonly url: string;
  readonly permission: P;
  readonly summary: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** The body is a stream of this content type, not JSON. */
  readonly stream?: "text/csv" | undefined;
  /** A value is sent as JSON (a `Refusal` as its problem); a handler that has sent returns the reply. */
  handle(call: Call<P, Parsed<Params>, Parsed<Query>, Parsed<Body>>): Promise<unknown>;
}

/** A route with its types rubbed off, as the server keeps it. */
export interface AnyRoute {
  readonly method: HTTPMethods;
  readonly url: string;
  readonly permission: Permission;
  readonly summary: string;
  readonly params?: TSchema | undefined;
  readonly query?: TSchema | undefined;
  readonly body?: TSchema | undefined;
  readonly stream?: "text/csv" | undefined;
  handle(call: Call<Permission, unknown, unknown, unknown>): Promise<unknown>;
}

/** Declares a route; the handler's types follow from the schemas and the permission. */
export function route<
  const P extends Permission,
  Params extends TSchema | undefined = undefined,
  Query extends TSchema | undefined = undefined,
  Body extends TSchema | undefined = undefined,
>(definition: Route<P, Params, Query, Body>): AnyRoute {
  return definition as unknown as AnyRoute;
}
