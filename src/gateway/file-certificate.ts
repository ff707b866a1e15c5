import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { GatewayError } from "./errors.ts";

/** A certificate with its chain and the private key that fits it, as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Anybody else may not read the key, the group may not change it: 0600, or 0640 for a group that may read. */
const openToOthers = 0o037;

const invalid = (setting: string, problem: string, cause?: unknown): GatewayError =>
  new GatewayError("GATEWAY_CERTIFICATE_INVALID", `Setting server.${setting}: ${problem}`, { cause });

async function read(setting: string, path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw invalid(setting, `${path} cannot be read (${cause.code ?? "error"}). A valid example: "/etc/hanguang/tls.pem".`, cause);
  });
}

function parse<T>(setting: string, path: string, what: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw invalid(setting, `${path} holds no ${what} in PEM. \`openssl req -x509 -newkey …\` makes one.`, cause);
  }
}

/** Reads both; throws `GATEWAY_CERTIFICATE_INVALID`, naming the setting, where they cannot serve at the instant `now`. */
export async function readCertificate({ certFile, keyFile }: CertificateFiles, now: Date): Promise<Certificate> {
  const cert = await read("tlsCertFile", certFile);
  const key = await read("tlsKeyFile", keyFile);
  if (((await stat(keyFile)).mode & openToOthers) !== 0)
    throw invalid("tlsKeyFile", `${keyFile} is open to others on this machine. Close it: chmod 0600 ${keyFile}`);
  const certificate = parse("tlsCertFile", certFile, "certificate", () => new X509Certificate(cert));
  const privateKey: KeyObject = parse("tlsKeyFile", keyFile, "unencrypted private key", () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey))
    throw invalid(
      "tlsKeyFile",
      `${keyFile} is not the key of the certificate in ${certFile}; name the two that belong together.`,
    );
  if (Date.parse(certificate.validTo) <= now.getTime())
    throw invalid("tlsCertFile", `${certFile} expired on ${certificate.validTo}; put a renewed one in its place.`);
  return { cert, key };
}
