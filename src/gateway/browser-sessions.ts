import type { FastifyReply, FastifyRequest } from "fastify";
import type { UnitOfWork } from "../audit/index.ts";
import type { SignedIn } from "../identity/index.ts";
import { type Refusal, refuse } from "../kernel/index.ts";
import type { AnswerCode } from "./answers.ts";
import { createRefreshCookie } from "./refresh-cookie.ts";

/** Sessions of browsers: the refresh token in a cookie, the access token in the page's memory (design §12). */
export interface BrowserSessions {
  /** Refuses, and records, what a browser sends with our cookie at the bidding of another site's page. */
  admit(request: FastifyRequest): Promise<Refusal<AnswerCode> | undefined>;
  /** The same for a request that wants the cookie or lives by it. */
  admitOwnPage(request: FastifyRequest): Promise<Refusal<AnswerCode> | undefined>;
  tokenOf(request: FastifyRequest): string | undefined;
  /** What the page is told; the refresh token goes into the cookie. */
  keep(reply: FastifyReply, signedIn: SignedIn): Omit<SignedIn, "refreshToken">;
  forget(reply: FastifyReply): void;
}

/** They change nothing, and links to them come from anywhere. */
const harmless: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

export function createBrowserSessions({ origin, work }: { readonly origin: string; readonly work: UnitOfWork }): BrowserSessions {
  const cookie = createRefreshCookie(origin);
  const admitOwnPage = async (request: FastifyRequest): Promise<Refusal<AnswerCode> | undefined> => {
    if (cookie.isFromOwnPage(request)) return undefined;
    const code = "REQUEST_ORIGIN";
    await work.record({
      type: "access.refused",
      actor: { kind: "anonymous" },
      object: "unknown",
      outcome: "refused",
      code,
      data: { route: request.routeOptions.url ?? "" },
    });
    return refuse(code);
  };
  return {
    // SameSite=Strict keeps the cookie from other sites' requests already; the origin is asked for where a browser does not.
    admit: async (request) =>
      harmless.has(request.method) || cookie.read(request) === undefined ? undefined : admitOwnPage(request),
    admitOwnPage,
    tokenOf: cookie.read,
    keep: (reply, { refreshToken, ...rest }) => {
      cookie.set(reply, refreshToken);
      return rest;
    },
    forget: cookie.clear,
  };
}
