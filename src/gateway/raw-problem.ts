import { type ServerResponse, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { GatewayCode } from "./answers.ts";
import { toProblem } from "./problem.ts";
import { securityHeaders } from "./security-headers.ts";

/** Answers given below the framework, where a request never became one. The connection ends with each. */
export interface RawProblems {
  /** As bytes on a socket whose request could not be read. */
  write(socket: Duplex, code: GatewayCode): void;
  /** To a request that was read and goes no further. */
  answer(response: ServerResponse, code: GatewayCode): void;
}

export function createRawProblems({ strict, makeId }: { readonly strict: boolean; readonly makeId: () => string }): RawProblems {
  const compose = (code: GatewayCode) => {
    const problem = toProblem(code, makeId());
    const body = JSON.stringify(problem);
    const headers = {
      ...securityHeaders(strict),
      "content-type": "application/problem+json",
      "content-length": String(Buffer.byteLength(body)),
      connection: "close",
    };
    return { status: problem.status, headers, body };
  };
  return {
    write: (socket, code) => {
      const { status, headers, body } = compose(code);
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n${body}`, () => socket.destroy());
    },
    answer: (response, code) => {
      const { status, headers, body } = compose(code);
      response.writeHead(status, headers).end(body);
    },
  };
}
