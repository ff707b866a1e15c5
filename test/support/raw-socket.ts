import { connect, type Socket } from "node:net";

export interface RawExchange {
  readonly status: number;
  readonly head: string;
  readonly body: string;
  /** Everything that came, for answers beyond the first. */
  readonly all: string;
}

/** Sends bytes as they are and gives what comes until the server ends the connection. */
export function sendBytes(url: string, bytes: string | Uint8Array, by: (port: number, host: string) => Socket = connect) {
  const { hostname, port } = new URL(url);
  return new Promise<RawExchange>((resolve, reject) => {
    const socket = by(Number(port), hostname);
    let all = "";
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      all += chunk;
    });
    socket.on("error", reject);
    socket.on("close", () => {
      const [head = "", ...rest] = all.split("\r\n\r\n");
      resolve({ status: Number(head.split(" ")[1] ?? 0), head, body: rest.join("\r\n\r\n"), all });
    });
    socket.write(bytes);
  });
}
