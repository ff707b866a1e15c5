import { createServer, type IncomingMessage, type ServerOptions, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import type { GatewayCode } from "./answers.ts";
import { type Connections, trackConnections, type WebServer } from "./connections.ts";
import type { Certificate } from "./file-certificate.ts";
import type { RawProblems } from "./raw-problem.ts";

export interface WebServerLimits {
  /** A request's headers arrive within this time. */
  readonly headersTimeoutMs: number;
  /** A whole request, uploads included, arrives within this time. */
  readonly requestTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly requestsPerConnection: number;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** The server below the framework: what is HTTP at all, and what becomes of what is not. */
export interface WebServerParts {
  readonly server: WebServer;
  readonly connections: Connections;
  /** A client that waits to be asked for its body (`Expect: 100-continue`) is asked; one that does not, is not. */
  askForBody(request: IncomingMessage, response: ServerResponse): void;
  /** Whether a client still waits to be asked: without its body the connection cannot go on. */
  isWaiting(request: IncomingMessage): boolean;
  /** For new connections; those there are keep theirs. */
  renew(certificate: Certificate): void;
  /** For the framework's `clientErrorHandler`. */
  onClientError(error: NodeJS.ErrnoException, socket: Socket): void;
}

const maxHeaderBytes = 16_384;
const handshakeTimeoutMs = 10_000;

/** What the parser says, as ours; the rest of its errors are malformed requests. */
function codeOf({ code = "" }: NodeJS.ErrnoException): GatewayCode | undefined {
  if (code === "HPE_HEADER_OVERFLOW" || code === "HPE_CHUNK_EXTENSIONS_OVERFLOW") return "REQUEST_HEADERS_TOO_LARGE";
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return "REQUEST_TIMEOUT";
  // Anything else is TLS that failed or a connection that broke: there is nobody to tell.
  return code.startsWith("HPE_") ? "REQUEST_MALFORMED" : undefined;
}

/** Two Hosts, or none: which of them a proxy took is anybody's guess (RFC 9112, 3.2). */
function hasOneHost({ httpVersion, rawHeaders }: IncomingMessage): boolean {
  const hosts = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === "host").length;
  return hosts === 1 || (hosts === 0 && httpVersion === "1.0");
}

export function createWebServer(
  handler: Handler,
  options: {
    readonly limits: WebServerLimits;
    readonly certificate: Certificate | undefined;
    readonly problems: RawProblems;
  },
): WebServerParts {
  const { limits, certificate, problems } = options;
  const waiting = new WeakSet<IncomingMessage>();
  const settings: ServerOptions = {
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    maxHeaderSize: maxHeaderBytes,
    insecureHTTPParser: false,
    // Told by us, below.
    requireHostHeader: false,
    connectionsCheckingInterval: 1000,
  };
  const server: WebServer =
    certificate === undefined
      ? createServer(settings)
      : createTlsServer({ ...settings, ...certificate, minVersion: "TLSv1.3", handshakeTimeout: handshakeTimeoutMs });
  server.maxRequestsPerSocket = limits.requestsPerConnection;
  const connections = trackConnections(server);
  const handle: Handler = (request, response) => {
    connections.begin(request, response);
    if (!hasOneHost(request)) return problems.answer(response, "REQUEST_MALFORMED");
    return handler(request, response);
  };
  server.on("request", handle);
  server.on("checkContinue", (request: IncomingMessage, response: ServerResponse) => {
    waiting.add(request);
    handle(request, response);
  });
  server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
    connections.begin(request, response);
    problems.answer(response, "REQUEST_EXPECTATION");
  });
  return {
    server,
    connections,
    askForBody: (request, response) => {
      if (waiting.delete(request)) response.writeContinue();
    },
    isWaiting: (request) => waiting.has(request),
    renew: (renewed) => {
      if ("setSecureContext" in server) server.setSecureContext({ ...renewed, minVersion: "TLSv1.3" });
    },
    onClientError: (error, socket) => {
      const code = codeOf(error);
      // Behind an answer under way another one would be taken for it.
      if (code === undefined || !socket.writable || connections.isBusy(socket)) socket.destroy();
      else problems.write(socket, code);
    },
  };
}
