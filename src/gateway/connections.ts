import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";

export type WebServer = HttpServer | HttpsServer;

/** The connections of a server, and which of them have a request under way. */
export interface Connections {
  /** A request came; until its answer is sent, or nobody waits for it any more, its connection is busy. */
  begin(request: IncomingMessage, response: ServerResponse): void;
  isBusy(socket: Socket): boolean;
  /** Ends those that have nothing under way: silent ones, half-sent headers, handshakes. */
  endQuiet(): void;
}

/** The same for the connection and for the TLS that is spoken on it. */
const nameOf = ({ remoteAddress, remotePort, localAddress }: Socket) => `${remoteAddress}|${remotePort}|${localAddress}`;

/**
 * Node's own list counts a connection that never sent a byte as one with a request under way, and would
 * wait for it until the headers' time is over.
 */
export function trackConnections(server: WebServer): Connections {
  const open = new Map<string, Socket>();
  const busy = new Map<string, number>();
  server.on("connection", (socket: Socket) => {
    const name = nameOf(socket);
    open.set(name, socket);
    socket.once("close", () => {
      if (open.get(name) === socket) open.delete(name);
    });
  });
  return {
    begin: ({ socket }, response) => {
      const name = nameOf(socket);
      busy.set(name, (busy.get(name) ?? 0) + 1);
      response.once("close", () => {
        const left = (busy.get(name) ?? 1) - 1;
        if (left > 0) busy.set(name, left);
        else busy.delete(name);
      });
    },
    isBusy: (socket) => busy.has(nameOf(socket)),
    endQuiet: () => {
      for (const [name, socket] of open) if (!busy.has(name)) socket.destroy();
    },
  };
}
