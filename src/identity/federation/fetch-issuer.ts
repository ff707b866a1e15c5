import { isLoopback, secureUrl } from "./secure-url.ts";
import { unreachableIssuer } from "./unreachable-issuer.ts";

/** Asks an issuer; throws `IDENTITY_ISSUER_UNREACHABLE` for whatever is no whole answer. */
export type IssuerFetch = (
  url: string,
  request: {
    readonly method?: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: URLSearchParams | null | undefined;
  },
) => Promise<Response>;

const timeoutMs = 5000;
/** Metadata and key sets have some kilobytes; what is more is no answer of an issuer. */
const maxBytes = 1_048_576;

async function readBounded(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new RangeError(`the answer has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * The only way out of the platform. An issuer's own documents name the addresses that are asked, so
 * each is checked: TLS, or this machine where the issuer itself is on it; no redirects, bounded in time and size.
 */
export function createIssuerFetch(issuer: string): IssuerFetch {
  const issuerUrl = secureUrl(issuer);
  const mayBeLocal = issuerUrl !== undefined && isLoopback(issuerUrl);
  return async (address, { method = "GET", headers: sent, body: form = null }) => {
    const url = secureUrl(address);
    if (url === undefined || (isLoopback(url) && !mayBeLocal))
      throw unreachableIssuer(`The issuer ${issuer} names an address that is not https.`);
    try {
      const response = await fetch(url, {
        method,
        headers: sent,
        body: form,
        redirect: "error",
        signal: AbortSignal.timeout(timeoutMs),
      });
      const { status, headers } = response;
      const body = await readBounded(response);
      return new Response(body.length === 0 ? null : new Uint8Array(body), { status, headers });
    } catch (cause) {
      throw unreachableIssuer(`The issuer ${issuer} does not answer.`, cause);
    }
  };
}
