import type { Config } from "./config-schema.ts";

/** What is wrong with a setting, and what would be right. */
export interface SettingProblem {
  readonly setting: string;
  readonly problem: string;
  /** As JSON. */
  readonly example: string;
}

const loopback = /^(127(\.\d{1,3}){3}|::1|localhost)$/;
const absent = "-";

/**
 * Whether passwords and tokens would travel in the clear: what goes beyond this machine goes by TLS, ours
 * or a declared proxy's, and browsers know the platform by its https address, or its cookies would not be
 * `Secure` (RFC 6265bis).
 */
export function checkTransport({ server, identity }: Config): SettingProblem | undefined {
  const { host, tlsCertFile, tlsKeyFile, trustedProxies } = server;
  if (tlsCertFile !== absent && tlsKeyFile === absent)
    return { setting: "server.tlsKeyFile", problem: "is missing beside server.tlsCertFile", example: '"/etc/hanguang/tls.key"' };
  if (tlsKeyFile !== absent && tlsCertFile === absent)
    return { setting: "server.tlsCertFile", problem: "is missing beside server.tlsKeyFile", example: '"/etc/hanguang/tls.crt"' };
  const isPrivate = tlsCertFile !== absent || trustedProxies.length > 0;
  if (!isPrivate && !loopback.test(host))
    return {
      setting: "server.host",
      problem:
        `${JSON.stringify(host)} is reached from other machines, and plain HTTP would show them every password; ` +
        "set server.tlsCertFile and server.tlsKeyFile, or server.trustedProxies, or listen on loopback",
      example: '"127.0.0.1"',
    };
  if (isPrivate && !identity.webOrigin.startsWith("https://"))
    return {
      setting: "identity.webOrigin",
      problem: `${JSON.stringify(identity.webOrigin)} is not how browsers reach a platform with TLS; its cookies would not be Secure`,
      example: '"https://hanguang.example"',
    };
  return undefined;
}
