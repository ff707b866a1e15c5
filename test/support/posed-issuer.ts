import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Test } from "tap";

export type Answer = (path: string, response: ServerResponse, url: string) => void;

/** A server that poses as an issuer and answers as told: what no real issuer would say. */
export async function poseAsIssuer(t: Test, answer: Answer): Promise<string> {
  const server = createServer((request, response) => answer(request.url ?? "", response, url));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  t.teardown(() => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(closed));
  });
  return url;
}

export function sendJson(response: ServerResponse, value: unknown): void {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(value));
}

export const posedMetadata = (url: string, over: object = {}) => ({
  issuer: url,
  jwks_uri: `${url}/jwks`,
  authorization_endpoint: `${url}/auth`,
  token_endpoint: `${url}/token`,
  ...over,
});
