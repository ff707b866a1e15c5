import { promisify } from "node:util";
import { brotliCompress, constants, gzip, zstdCompress } from "node:zlib";
import type { FastifyInstance } from "fastify";
import { varyBy } from "./vary.ts";

const [toBrotli, toGzip, toZstd] = [promisify(brotliCompress), promisify(gzip), promisify(zstdCompress)];

/** Best first where a client takes several alike. The brotli quality is one that does not take longer than the network. */
const codings = {
  zstd: (bytes: Uint8Array) => toZstd(bytes),
  br: (bytes: Uint8Array) => toBrotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } }),
  gzip: (bytes: Uint8Array) => toGzip(bytes),
} as const;
export type Coding = keyof typeof codings;
const names = Object.keys(codings) as readonly Coding[];

/** Smaller ones fit a packet as they are. */
const leastBytes = 1024;
const packable = /^(application\/json|text\/(html|css|javascript))(;|$)/;

/** The coding to send in, by `Accept-Encoding` (RFC 9110 §12.5.3); undefined: as it is. */
export function chooseCoding(header: string | undefined): Coding | undefined {
  if (header === undefined) return undefined;
  const weights = new Map(
    header.split(",").map((part) => {
      const [name = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
      const q = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
      const weight = q === undefined ? 1 : Number(/^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(q) ? q : 0);
      return [name === "x-gzip" ? "gzip" : name, weight] as const;
    }),
  );
  const weightOf = (name: string): number => weights.get(name) ?? weights.get("*") ?? 0;
  const [best] = names.filter((name) => weightOf(name) > 0).toSorted((a, b) => weightOf(b) - weightOf(a));
  // Who would rather have it as it is gets it so.
  return best !== undefined && weightOf(best) >= (weights.get("identity") ?? 0) ? best : undefined;
}

/**
 * Packs answers of the routes that say `packs`, and no others: the length of a packed answer tells of
 * what is in it to whoever sees the wire (BREACH), so none that holds a secret, a result or what a
 * caller wrote. One with an ETag is sent as it is: packed, it would have to have another.
 */
export function addPackedAnswers(app: FastifyInstance): void {
  app.addHook("onSend", async (request, reply, payload) => {
    if (request.routeOptions.config.packs !== true) return payload;
    varyBy(reply, "accept-encoding");
    const isFit = reply.statusCode === 200 && !reply.hasHeader("etag") && !reply.hasHeader("content-encoding");
    if (!isFit || !packable.test(String(reply.getHeader("content-type") ?? ""))) return payload;
    if (typeof payload !== "string" && !(payload instanceof Uint8Array)) return payload;
    const bytes = typeof payload === "string" ? Buffer.from(payload) : payload;
    const { "accept-encoding": accepted } = request.headers;
    const coding = chooseCoding(Array.isArray(accepted) ? accepted.join(",") : accepted);
    if (coding === undefined || bytes.length < leastBytes) return payload;
    reply.removeHeader("content-length").header("content-encoding", coding);
    return codings[coding](bytes);
  });
}
