import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { UnitOfWork } from "../audit/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { type Clock, type Config, type Refusal, refuse } from "../kernel/index.ts";
import { clientAddress, strangerOf } from "./client-address.ts";
import { createFoldedRefusals } from "./folded-refusals.ts";
import { sendRefusal } from "./problem.ts";
import { quotaOf, type RateClass } from "./rate-class.ts";
import { createTokenBuckets, type Taken, type TokenBuckets } from "./token-buckets.ts";

/**
 * How often whom (draft-ietf-httpapi-ratelimit-headers): an account, or a network address where there is
 * none. Kept by this gateway for itself. Each request is counted once; a refusal is recorded.
 */
export interface RateLimits {
  /** Counts a request of somebody who is known. */
  ofCaller(request: FastifyRequest, caller: AuthenticatedActor, rate: RateClass): Promise<Refusal | undefined>;
  /** Counts a request of nobody known, by its address: to a public route, to none, or with a token that is none. */
  ofAddress(request: FastifyRequest, rate: RateClass): Promise<Refusal | undefined>;
  /** Remembers a token that was refused. */
  noteBad(bearer: string): void;
  /** Whether a token was refused lately and its sender has no requests left: it is not looked at again. */
  isBad(request: FastifyRequest, bearer: string): boolean;
  close(): Promise<void>;
}

/** Tokens that were refused, remembered as hashes. */
const mostBad = 10_000;
const harmless: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

const hashOf = (bearer: string): string => createHash("sha256").update(bearer).digest("base64");

export function createRateLimits(deps: {
  readonly settings: Config["limits"];
  readonly clock: Clock;
  readonly work: Pick<UnitOfWork, "record">;
  readonly onRefused: (rate: RateClass) => void;
  readonly log: (message: string, error: unknown) => void;
}): RateLimits & { readonly headersOf: (request: FastifyRequest) => Readonly<Record<string, string>> } {
  const { settings, clock } = deps;
  const { windowMs, trackedCallers } = settings;
  const folded = createFoldedRefusals({ ...deps, type: "request.limited", code: "REQUEST_LIMIT", windowMs });
  const bucketsOf = (): Readonly<Record<RateClass, TokenBuckets>> => {
    const made = Object.entries(quotaOf).map(([rate, setting]) => [
      rate,
      createTokenBuckets({ quota: settings[setting], windowMs, most: trackedCallers, clock }),
    ]);
    return Object.fromEntries(made) as Record<RateClass, TokenBuckets>;
  };
  // Apart: strangers, who may be many, take no room from accounts.
  const [accounts, addresses] = [bucketsOf(), bucketsOf()];
  const counted = new WeakMap<FastifyRequest, { readonly rate: RateClass; readonly taken: Taken }>();
  const bad = new Map<string, number>();

  const count = async (
    request: FastifyRequest,
    { rate, key, caller }: { readonly rate: RateClass; readonly key: string; readonly caller?: AuthenticatedActor | undefined },
  ): Promise<Refusal | undefined> => {
    // A stream asks again and again whether it may go on: that is still one request.
    if (counted.has(request)) return undefined;
    const taken = (caller === undefined ? addresses : accounts)[rate].take(key);
    counted.set(request, { rate, taken });
    if (taken.allowed) return undefined;
    deps.onRefused(rate);
    if (!harmless.has(request.method))
      await folded.note({
        key: `${rate} ${key}`,
        actor: caller === undefined ? { kind: "anonymous" } : toActor(caller),
        object: caller?.id ?? "anonymous",
        // The access log has the first one's address, under the request's id.
        data: { class: rate, route: request.routeOptions.url ?? "", request: request.id },
      });
    return refuse("REQUEST_LIMIT", { class: rate, retryAfterSeconds: taken.seconds });
  };

  return {
    ofCaller: (request, caller, rate) => count(request, { rate, key: caller.id, caller }),
    ofAddress: (request, rate) => count(request, { rate, key: strangerOf(clientAddress(request)) }),
    noteBad: (bearer) => {
      const [oldest] = bad.keys();
      if (bad.size >= mostBad && oldest !== undefined) bad.delete(oldest);
      bad.set(hashOf(bearer), clock.now().getTime());
    },
    isBad: (request, bearer) => {
      if (!addresses.stranger.isSpent(strangerOf(clientAddress(request)))) return false;
      const since = bad.get(hashOf(bearer));
      return since !== undefined && Math.abs(clock.now().getTime() - since) < windowMs;
    },
    headersOf: (request) => {
      const found = counted.get(request);
      if (found === undefined) return {};
      const { rate, taken } = found;
      const w = Math.ceil(windowMs / 1000);
      return {
        "ratelimit-policy": `"${rate}";q=${settings[quotaOf[rate]]};w=${w}`,
        ratelimit: `"${rate}";r=${taken.remaining};t=${taken.seconds}`,
      };
    },
    close: folded.close,
  };
}

/** Tells every answer's sender how much is left, and counts what finds no route. */
export function addRateLimits(app: FastifyInstance, limits: ReturnType<typeof createRateLimits>): void {
  app.addHook("onRequest", async (request, reply) => {
    if (!request.is404) return undefined;
    const limited = await limits.ofAddress(request, "stranger");
    return limited === undefined ? undefined : sendRefusal(reply, limited);
  });
  app.addHook("onSend", async (request, reply) => {
    reply.headers(limits.headersOf(request));
  });
}
