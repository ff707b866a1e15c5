import type { FastifyReply, FastifyRequest } from "fastify";
import type { UnitOfWork } from "../audit/index.ts";
import type { Client, SignedIn } from "../identity/index.ts";
import { type Refusal, refuse } from "../kernel/index.ts";
import type { AnswerCode } from "./answers.ts";
import { createRefreshCookie } from "./refresh-cookie.ts";

/** Sessions of browsers: the refresh token in a cookie, the access token in the page's memory (design §12). */
export interface BrowserSessions {
  /** Whether a browser sends this with our cookie at the bidding of another site's page. */
  isForeign(request: FastifyRequest): boolean;
  /** Records such a request and refuses it. */
  refuseForeign(request: FastifyRequest): Promise<Refusal<AnswerCode>>;
  /** Signs somebody in: a page of ours gets the refresh token in the cookie, everybody else in the answer, another site's page none. */
  signIn<Other extends object>(
    exchange: Exchange,
    browser: boolean | undefined,
    task: (client: Client) => Promise<SignedIn | Other>,
  ): Promise<Other | Omit<SignedIn, "refreshToken"> | Refusal<AnswerCode>>;
  /** The same for the cookie's token; one that is none takes the cookie away. */
  refresh<Other extends object>(
    exchange: Exchange,
    task: (token: string) => Promise<SignedIn | Other>,
  ): Promise<Other | Omit<SignedIn, "refreshToken"> | Refusal<AnswerCode>>;
  tokenOf(request: FastifyRequest): string | undefined;
  forget(reply: FastifyReply): void;
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** They change nothing, and links to them come from anywhere. */
const harmless: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

const isSignedIn = (answer: object): answer is SignedIn => "refreshToken" in answer;

export function createBrowserSessions({ origin, work }: { readonly origin: string; readonly work: UnitOfWork }): BrowserSessions {
  const cookie = createRefreshCookie(origin);
  const refuseForeign = async (request: FastifyRequest): Promise<Refusal<AnswerCode>> => {
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
  const admitOwnPage = async (request: FastifyRequest): Promise<Refusal<AnswerCode> | undefined> =>
    cookie.isFromOwnPage(request) ? undefined : refuseForeign(request);
  const keep = (reply: FastifyReply, { refreshToken, ...rest }: SignedIn): Omit<SignedIn, "refreshToken"> => {
    cookie.set(reply, refreshToken);
    return rest;
  };
  return {
    // SameSite=Strict keeps the cookie from other sites' requests already; the origin is asked for where a browser does not.
    isForeign: (request) => !harmless.has(request.method) && cookie.read(request) !== undefined && !cookie.isFromOwnPage(request),
    refuseForeign,
    signIn: async ({ request, reply }, browser = false, task) => {
      const foreign = browser ? await admitOwnPage(request) : undefined;
      if (foreign !== undefined) return foreign;
      const answer = await task({ browser, userAgent: request.headers["user-agent"] });
      return browser && isSignedIn(answer) ? keep(reply, answer) : answer;
    },
    refresh: async ({ request, reply }, task) => {
      const foreign = await admitOwnPage(request);
      if (foreign !== undefined) return foreign;
      const answer = await task(cookie.read(request) ?? "");
      if (isSignedIn(answer)) return keep(reply, answer);
      cookie.clear(reply);
      return answer;
    },
    tokenOf: cookie.read,
    forget: cookie.clear,
  };
}
