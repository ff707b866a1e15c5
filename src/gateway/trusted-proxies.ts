import { BlockList, isIP } from "node:net";
import { GatewayError } from "./errors.ts";

/** Whether a peer is one of the declared proxies; anything that is no address is not. */
export type IsProxy = (address: string | undefined) => boolean;

/** An IPv4 address in an IPv6 socket (`::ffff:10.0.0.1`) is the IPv4 address. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, "");

/** Throws `GATEWAY_PROXIES_INVALID` where an entry of setting `server.trustedProxies` is no network. */
export function createTrustedProxies(networks: readonly string[]): IsProxy {
  const listed = new BlockList();
  for (const network of networks) {
    const [address = "", bits] = network.split("/");
    const version = isIP(address);
    if (version === 0)
      throw new GatewayError(
        "GATEWAY_PROXIES_INVALID",
        `Setting server.trustedProxies: ${JSON.stringify(network)} is no network. A valid example: ["10.20.0.4/32"].`,
      );
    listed.addSubnet(address, Number(bits), version === 4 ? "ipv4" : "ipv6");
  }
  return (given) => {
    const address = plain(given ?? "");
    const version = isIP(address);
    return version !== 0 && listed.check(address, version === 4 ? "ipv4" : "ipv6");
  };
}
