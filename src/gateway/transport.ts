import type { FastifyRequest } from "fastify";
import type { IsProxy } from "./trusted-proxies.ts";

/** How requests reach the gateway, and which of them came unprotected. */
export interface Transport {
  /** Whether answers tell browsers to come by HTTPS only (RFC 6797): TLS is ours, or a declared proxy's. */
  readonly strict: boolean;
  /** For the framework: whose X-Forwarded-… headers count. Nobody's: they are not read at all. */
  readonly trusts: false | ((address: string) => boolean);
  /** Whether a password or token in this request could be read on its way, or comes around the proxies. */
  isExposed(request: FastifyRequest): boolean;
}

/**
 * A request says nothing of itself that counts: only the peer's address, and of a declared proxy the
 * scheme it was asked by. A proxy that says nothing, or two things, is not taken to have been asked by HTTPS.
 */
export function createTransport(options: {
  readonly tls: boolean;
  readonly hasProxies: boolean;
  readonly isProxy: IsProxy;
}): Transport {
  const { tls, hasProxies, isProxy } = options;
  return {
    strict: tls || hasProxies,
    trusts: hasProxies && isProxy,
    isExposed: ({ raw, headers }) => {
      // Where there is neither, the settings let it listen on loopback only.
      if (!hasProxies) return false;
      return isProxy(raw.socket.remoteAddress) ? headers["x-forwarded-proto"] !== "https" : !tls;
    },
  };
}
