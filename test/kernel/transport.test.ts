import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { loadConfig } from "../../src/kernel/index.ts";

const shipped: unknown = JSON.parse(readFileSync(join(import.meta.dirname, "../../config/default.json"), "utf8"));
const tls = { tlsCertFile: "/a.crt", tlsKeyFile: "/a.key" };
const identity = { webOrigin: "https://hanguang.example" };
const load =
  (server: object, more: object = {}) =>
  () =>
    loadConfig([shipped, { server, ...more }], {});

t.test("plain HTTP beyond this machine is refused, with setting, problem and a valid example", async (t) => {
  for (const host of ["0.0.0.0", "::", "10.1.2.3", "fd00::1", "128.0.0.1"]) {
    t.throws(load({ host }), {
      message: /^Setting server\.host: .*plain HTTP would show them every password.* example: "127\.0\.0\.1"/,
    });
    t.throws(load({ host }, { identity }), { code: "KERNEL_CONFIG_INVALID" }, "an https address alone protects nothing");
    t.equal(load({ host, ...tls }, { identity })().server.host, host);
    t.equal(load({ host, trustedProxies: ["10.20.0.4/32"] }, { identity })().server.host, host);
  }
  for (const host of ["127.0.0.1", "127.1.2.3", "::1", "localhost"]) t.equal(load({ host })().server.host, host);
  for (const host of ["hanguang.example", "127.0.0.1.evil", "localhost:80"])
    t.throws(load({ host, ...tls }, { identity }), { code: "KERNEL_CONFIG_INVALID" }, host);
});

t.test("a key without a certificate, and a certificate without a key, are refused", async (t) => {
  t.throws(load({ tlsCertFile: "/a.crt" }), { message: /server\.tlsKeyFile: is missing beside server\.tlsCertFile/ });
  t.throws(load({ tlsKeyFile: "/a.key" }), { message: /server\.tlsCertFile: is missing beside server\.tlsKeyFile/ });
});

t.test("with TLS or a proxy browsers come by https, or their cookies would not be Secure", async (t) => {
  t.throws(load(tls), { message: /identity\.webOrigin: "http:\/\/localhost:7310" is not how browsers reach/ });
  t.throws(load({ trustedProxies: ["10.20.0.4/32"] }), { message: /identity\.webOrigin/ });
});

t.test("nobody trusts half the internet", async (t) => {
  for (const network of ["0.0.0.0/0", "::/0", "10.0.0.0/7", "10.0.0.1", "proxy/32", "10.0.0.0/33", "fd00::/129"])
    t.throws(load({ trustedProxies: [network] }, { identity }), { message: /server\.trustedProxies/ }, network);
});
