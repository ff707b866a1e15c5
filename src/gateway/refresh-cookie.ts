import { parseCookie, stringifySetCookie } from "cookie";
import type { FastifyReply, FastifyRequest } from "fastify";

/** A browser's refresh token, where no script can read it. */
export interface RefreshCookie {
  read(request: FastifyRequest): string | undefined;
  set(reply: FastifyReply, token: string): void;
  clear(reply: FastifyReply): void;
  /** Whether a page of the platform itself sent the request; a request that does not say whence is none. */
  isFromOwnPage(request: FastifyRequest): boolean;
}

/**
 * The cookie of the platform at `origin` (RFC 6265bis). Over https its name begins with `__Host-`, so
 * that no other host can set it. Plain http is for this machine alone: there the cookie has neither
 * prefix nor `Secure`, which not every browser takes from http://localhost. Without an expiry it goes
 * with the browser; the session ends on its own.
 */
export function createRefreshCookie(origin: string): RefreshCookie {
  const secure = origin.startsWith("https:");
  const name = secure ? "__Host-hanguang-refresh" : "hanguang-refresh";
  const write = (reply: FastifyReply, value: string, more: { readonly maxAge?: number }): void => {
    reply.header(
      "set-cookie",
      stringifySetCookie({ name, value, path: "/", httpOnly: true, secure, sameSite: "strict", ...more }),
    );
  };
  return {
    read: ({ headers: { cookie } }) => (cookie === undefined ? undefined : parseCookie(cookie)[name]),
    set: (reply, token) => write(reply, token, {}),
    clear: (reply) => write(reply, "", { maxAge: 0 }),
    isFromOwnPage: ({ headers }) => headers.origin === origin,
  };
}
