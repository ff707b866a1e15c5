import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { type TLSSocket, connect as tlsConnect } from "node:tls";
import type { Test } from "tap";
import { type Platform, startPlatform } from "../../src/cli/start-platform.ts";
import { makeCertificate } from "./certificate.ts";
import { copyCluster } from "./cluster.ts";
import { passwordLog2Cost } from "./identity.ts";
import { makeTestFolder, testConfig } from "./platform.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** Nobody is signed up: for what happens before anybody is known. */
export async function startBarePlatform(t: Test, over: object): Promise<Platform & { readonly folder: string }> {
  const folder = await makeTestFolder(t);
  const dataDir = join(folder, "data");
  await copyCluster(dataDir);
  const config = await testConfig(over);
  const platform = await startPlatform({ dataDir, keyFile: join(folder, "root.key"), config, passwordLog2Cost });
  t.teardown(() => platform.close());
  return { ...platform, folder };
}

/** A platform with a certificate of its own. */
export async function startTlsPlatform(t: Test, over: Readonly<Record<string, object>> = {}) {
  const { certFile, keyFile } = makeCertificate(await makeTestFolder(t));
  const platform = await startBarePlatform(t, {
    ...over,
    server: { port: 0, tlsCertFile: certFile, tlsKeyFile: keyFile, ...over["server"] },
    identity: { webOrigin: "https://localhost", ...over["identity"] },
  });
  const port = Number(new URL(platform.url).port);
  const trusted = () => ({ ca: readFileSync(certFile), host: "127.0.0.1", port });
  return {
    ...platform,
    port,
    certFile,
    keyFile,
    /** One request that trusts the certificate in the file, on a connection of its own. */
    call: (method: string, path: string, headers: Readonly<Record<string, string>> = {}, body?: string) =>
      new Promise<Answer>((resolve, reject) => {
        const sent = request({ ...trusted(), method, path, headers, agent: false }, (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => {
            text += chunk;
          });
          response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
        });
        sent.on("error", reject);
        sent.end(body);
      }),
    /** A connection whose protocol the test chooses. */
    connect: (options: { readonly maxVersion?: "TLSv1.2"; readonly minVersion?: "TLSv1.2" | "TLSv1" } = {}) =>
      new Promise<TLSSocket>((resolve, reject) => {
        const socket = tlsConnect({ ...trusted(), ...options }, () => resolve(socket));
        socket.once("error", reject);
      }),
  };
}
