import { readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { describeSettings, loadConfig } from "../../src/kernel/index.ts";

const shipped = JSON.parse(await readFile(join(import.meta.dirname, "../../config/default.json"), "utf8"));
const load = (over: unknown = {}, environment: Readonly<Record<string, string>> = {}) => loadConfig([shipped, over], environment);
const invalid = (message: RegExp) => ({ code: "KERNEL_CONFIG_INVALID", message });

const https = { identity: { webOrigin: "https://hanguang.example" } };
/** Settings that are valid only beside others. */
const needs: Readonly<Record<string, object>> = {
  "server.tlsCertFile": { server: { tlsKeyFile: "/etc/hanguang/tls.key" }, ...https },
  "server.tlsKeyFile": { server: { tlsCertFile: "/etc/hanguang/tls.crt" }, ...https },
  "server.trustedProxies": https,
};

t.test("the shipped settings are valid, and each says what it means with an example that is valid", (t) => {
  const config: Readonly<Record<string, Readonly<Record<string, unknown>>>> = load();
  const settings = describeSettings();
  t.ok(settings.length > 30);
  t.equal(new Set(settings.map(({ environment }) => environment)).size, settings.length);
  for (const { path, environment, meaning, example, unit } of settings) {
    const [section = "", key = ""] = path.split(".");
    t.not(config[section]?.[key], undefined, path);
    t.match(meaning, /\.$/, `${path} is told in a sentence`);
    t.type(unit, "string");
    const beside = needs[path] ?? {};
    t.doesNotThrow(() => load(beside, { [environment]: example }), `${environment}=${example}`);
  }
  t.end();
});

t.test("no setting is a secret: keys are files, made at first start", (t) => {
  for (const { path } of describeSettings()) t.notMatch(path, /secret|password(?!MinLength)|privateKey|signingKey/i);
  t.end();
});

t.test("a file goes over the defaults, the environment over the file", (t) => {
  t.equal(load({ server: { port: 8000 } }).server.port, 8000);
  t.equal(load({ server: { port: 8000 } }, { HANGUANG_SERVER_PORT: "9000" }).server.port, 9000);
  t.equal(load({}, { HANGUANG_ENCLAVE_ALLOW_WEAK_ISOLATION: "true" }).enclave.allowWeakIsolation, true);
  t.equal(load({}, { HANGUANG_LOG_LEVEL: "debug" }).log.level, "debug");
  t.equal(load({ server: { port: 8000 } }).server.host, "127.0.0.1", "what the file does not name stays");
  t.equal(load({}, { PATH: "/bin", HANGUANGX: "1" }).server.port, 7310, "other programs' variables are none of ours");
  t.end();
});

t.test("a bad setting is refused with its name, the problem and a valid example", (t) => {
  t.throws(() => load({ server: { port: "80" } }), invalid(/server\.port: "80" is not accepted.*0 … 65535.*example: 7310/));
  t.throws(() => load({ server: { port: 65_536 } }), invalid(/server\.port/));
  t.throws(() => load({ server: { port: 1.5 } }), invalid(/server\.port/));
  t.throws(() => load({ server: { port: null } }), invalid(/server\.port: null/));
  t.throws(() => load({ server: null }), invalid(/server\.host: is missing/));
  t.throws(() => load({}, { HANGUANG_SERVER_PORT: "80 " }), invalid(/HANGUANG_SERVER_PORT \(server\.port\)/));
  t.throws(() => load({}, { HANGUANG_SERVER_PORT: "" }), invalid(/HANGUANG_SERVER_PORT/));
  t.throws(() => load({}, { HANGUANG_ENCLAVE_ALLOW_WEAK_ISOLATION: "yes" }), invalid(/ALLOW_WEAK_ISOLATION/));
  t.throws(() => load({}, { HANGUANG_LOG_LEVEL: "loud" }), invalid(/log\.level.*fatal \| error/));
  t.throws(() => load({ audit: { origin: "has a space" } }), invalid(/audit\.origin/));
  t.throws(() => load({ release: { minOwners: 2 } }), invalid(/release\.minOwners/), "the floor has a floor");
  t.throws(() => load({ export: { reviewers: 1 } }), invalid(/export\.reviewers/), "one reviewer is too few");
  t.end();
});

const issuer = {
  name: "province",
  issuer: "https://sso.hebei.example",
  audience: "https://hanguang.example/api",
  clientId: "hanguang",
  groupClaim: "groups",
  groups: [{ group: "analysts", organisation: "org_01kjprzb00m3ezt4gt44z5bj5a", roles: ["analyst"] }],
};

t.test("issuers are a list, in a file or as JSON in the environment, and a wrong entry is named by its place", (t) => {
  t.strictSame(load({ identity: { oidc: [issuer] } }).identity.oidc, [issuer]);
  t.strictSame(load({}, { HANGUANG_IDENTITY_OIDC: JSON.stringify([issuer]) }).identity.oidc, [issuer]);
  const wrong = (over: object, message: RegExp) =>
    t.throws(() => load({ identity: { oidc: [issuer, { ...issuer, ...over }] } }), invalid(message));
  wrong({ issuer: "ftp://x" }, /identity\.oidc: \/1\/issuer must match pattern/);
  wrong({ clientSecret: "s" }, /\/1\/clientSecret is no field/);
  wrong({ clientId: undefined }, /\/1\/clientId must be string/);
  wrong({ algorithms: ["HS256"] }, /\/1\/algorithms\/0/);
  wrong({ algorithms: ["none"] }, /\/1\/algorithms\/0/);
  wrong({ algorithms: [] }, /\/1\/algorithms must not have fewer than 1 items/);
  wrong({ clockSkewMs: 120_001 }, /\/1\/clockSkewMs must be <= 120000/);
  wrong({ groups: [] }, /\/1\/groups/);
  wrong({ groups: [{ ...issuer.groups[0], organisation: "省数据局" }] }, /\/1\/groups\/0\/organisation/);
  for (const text of ["[", "{}", "", "province"])
    t.throws(() => load({}, { HANGUANG_IDENTITY_OIDC: text }), invalid(/HANGUANG_IDENTITY_OIDC \(identity\.oidc\)/));
  t.throws(() => load({ identity: { oidc: issuer } }), invalid(/identity\.oidc/));
  t.end();
});

t.test("an unknown setting is a mistake, not a wish", (t) => {
  t.throws(() => load({ sever: { port: 1 } }), invalid(/sever: is no setting.*config\.md/));
  t.throws(() => load({ server: { prot: 1 } }), invalid(/server\.prot: is no setting/));
  t.throws(() => load({}, { HANGUANG_SERVER_PROT: "1" }), invalid(/HANGUANG_SERVER_PROT: is no setting/));
  t.throws(() => load(JSON.parse('{"__proto__":{"port":1},"server":{"prot":1}}')), invalid(/is no setting/));
  for (const layer of [null, [], "text", 7]) t.throws(() => load(layer), invalid(/does not hold a JSON object/));
  t.end();
});

t.test("without the shipped defaults the first setting that lacks is named", (t) => {
  t.throws(() => loadConfig([{}], {}), invalid(/server\.host: is missing.*"127\.0\.0\.1"/));
  t.end();
});
