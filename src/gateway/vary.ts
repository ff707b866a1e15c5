import type { FastifyReply } from "fastify";

/** Says that the answer depends on a header of the request, beside others that it depends on. */
export function varyBy(reply: FastifyReply, name: string): void {
  const before = reply.getHeader("vary");
  reply.header("vary", before === undefined ? name : `${String(before)}, ${name}`);
}
