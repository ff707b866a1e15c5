import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";

/** Where a request comes from: the one place that says whom to believe about it. */
export const clientAddress = (request: FastifyRequest): string => request.ip;

const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;

/**
 * What counts as one stranger: an IPv4 address, or the /64 of an IPv6 one, since a single host chooses
 * freely among the 2⁶⁴ addresses of its network. Anything that is no address is one and the same stranger.
 */
export function strangerOf(address: string): string {
  const [plain = ""] = address.split("%", 1);
  const v4 = mapped.exec(plain)?.[1] ?? plain;
  if (isIP(v4) === 4) return v4;
  if (isIP(plain) !== 6) return "unknown";
  // URL writes every IPv6 address one way: lower case, no leading zeros, the longest run of zeros as "::".
  const written = new URL(`http://[${plain}]`).hostname.slice(1, -1);
  const [head = "", tail] = written.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => "0");
  return `${[...left, ...zeros, ...right].slice(0, 4).join(":")}::/64`;
}
