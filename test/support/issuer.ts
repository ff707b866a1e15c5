import { createHash, createPrivateKey, generateKeyPairSync, type JsonWebKey, randomBytes, sign } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Context, Provider } from "oidc-provider";
import type { Test } from "tap";

/** Where the test's browser is sent back to by the issuer, instead of to a page of the console. */
export const redirectUri = "http://127.0.0.1:7399/signed-in";
export const audience = "https://hanguang.example/api";
export const clientSecret = "a client secret of the tests";

export interface Person {
  readonly name: string;
  groups: readonly string[];
}

export interface SigningKey {
  readonly kid: string;
  readonly jwk: JsonWebKey;
}

/** A real OpenID provider on loopback, with people of its own. */
export interface TestIssuer {
  readonly url: string;
  readonly people: Map<string, Person>;
  readonly keys: readonly SigningKey[];
  /** How often the key set was asked for. */
  keyRequests(): number;
  /** Signs with the first from now on and publishes all; those left out are withdrawn. */
  useKeys(...keys: SigningKey[]): void;
  /** Follows an authorization request as the browser of that person, who logs in; gives the address it is sent back to. */
  browse(authorizationUrl: string, subject: string): Promise<string>;
  /** An access token for the platform, by a sign-in of that person at another client of the issuer. */
  accessToken(subject: string): Promise<string>;
  /** Both tokens of such a sign-in. */
  tokens(subject: string): Promise<{ readonly access_token: string; readonly id_token: string }>;
  /** Stops answering; `false`: answers again. */
  goDown(down: boolean): void;
}

export function makeKey(kid: string): SigningKey {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { kid, jwk: { ...privateKey.export({ format: "jwk" }), kid, use: "sig", alg: "RS256" } };
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token as the issuer would sign it, whatever it says. */
export function forge(key: SigningKey, header: object, claims: object): string {
  const text = `${encode({ alg: "RS256", typ: "at+jwt", kid: key.kid, ...header })}.${encode(claims)}`;
  return `${text}.${sign("RSA-SHA256", Buffer.from(text), createPrivateKey({ key: key.jwk, format: "jwk" })).toString("base64url")}`;
}

/** What one issuer remembers; the library's own memory would be one for all issuers of the process. */
function createMemory() {
  const kept = new Map<string, Record<string, unknown>>();
  return class Memory {
    readonly #model: string;
    constructor(model: string) {
      this.#model = model;
    }
    async upsert(id: string, payload: Record<string, unknown>) {
      kept.set(`${this.#model}:${id}`, payload);
    }
    async find(id: string) {
      return kept.get(`${this.#model}:${id}`);
    }
    async findByUid(uid: string) {
      return [...kept].find(([key, payload]) => key.startsWith(`${this.#model}:`) && payload["uid"] === uid)?.[1];
    }
    async consume(id: string) {
      const payload = kept.get(`${this.#model}:${id}`);
      if (payload !== undefined) payload["consumed"] = Math.floor(Date.now() / 1000);
    }
    async destroy(id: string) {
      kept.delete(`${this.#model}:${id}`);
    }
    async revokeByGrantId(grantId: string) {
      for (const [key, payload] of kept) if (payload["grantId"] === grantId) kept.delete(key);
    }
  };
}

const otherRedirect = "http://127.0.0.1:7399/other-client";

/** The library's answers carry cookies between the steps of a login. */
class Browser {
  readonly #cookies = new Map<string, string>();
  /** The first address that begins with `until` to which it is sent. */
  async follow(start: string, until: string): Promise<string> {
    let address = start;
    for (let step = 0; step < 10; step++) {
      const cookie = Array.from(this.#cookies, ([name, value]) => `${name}=${value}`).join("; ");
      const response = await fetch(address, { redirect: "manual", headers: { cookie } });
      await response.body?.cancel();
      for (const line of response.headers.getSetCookie()) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        this.#cookies.set(name, value);
      }
      const location = response.headers.get("location");
      if (location === null) throw new Error(`the issuer answered ${response.status} and sent the browser nowhere`);
      address = new URL(location, address).href;
      if (address.startsWith(until)) return address;
    }
    throw new Error("the issuer sends the browser around");
  }
}

export async function startIssuer(t: Test, options: { readonly confidential?: boolean } = {}): Promise<TestIssuer> {
  const people = new Map<string, Person>();
  const memory = createMemory();
  let keys: readonly SigningKey[] = [makeKey("first")];
  let down = false;
  let keyRequests = 0;
  let provider: Provider | undefined;

  const server = createServer((request, response) => {
    if (down) return request.socket.destroy();
    if (request.url?.startsWith("/jwks")) keyRequests++;
    const answer = request.url?.startsWith("/interaction/") ? logIn : provider?.callback();
    return answer?.(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  t.teardown(() => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(closed));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  /** Whoever the request names logs in; passwords are the issuer's business. */
  const logIn = (request: IncomingMessage, response: ServerResponse): void => {
    const finish = async () => {
      const details = await provider?.interactionDetails(request, response);
      const login = { accountId: details?.params["login_hint"] };
      await provider?.interactionFinished(request, response, { login, consent: {} });
    };
    finish().catch(() => request.socket.destroy());
  };
  const grant = async ({ oidc }: Context) => {
    const made = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
    made.addOIDCScope("openid profile groups");
    made.addResourceScope(audience, "api");
    await made.save();
    return made;
  };
  const client = (client_id: string, redirect: string, confidential: boolean) => ({
    client_id,
    redirect_uris: [redirect],
    grant_types: ["authorization_code"],
    response_types: ["code"],
    application_type: "native",
    ...(confidential ? { client_secret: clientSecret } : { token_endpoint_auth_method: "none" }),
  });
  const restart = (): void => {
    provider = new Provider(url, {
      adapter: memory,
      jwks: { keys: keys.map(({ jwk }) => jwk) },
      cookies: { keys: ["a cookie key of the tests"] },
      clients: [client("hanguang", redirectUri, options.confidential ?? false), client("other", otherRedirect, false)],
      claims: { openid: ["sub"], profile: ["name"], groups: ["groups"] },
      scopes: ["openid", "profile", "groups"],
      conformIdTokenClaims: false,
      ttl: { AccessToken: 3600, AuthorizationCode: 60, IdToken: 3600, Interaction: 600, Session: 600, Grant: 600 },
      features: {
        devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => audience,
          useGrantedResource: () => true,
          getResourceServerInfo: () => ({
            scope: "api",
            audience,
            accessTokenFormat: "jwt",
            accessTokenTTL: 3600,
            jwt: { sign: { alg: "RS256" } },
          }),
        },
      },
      findAccount: (_context: Context, subject: string) =>
        people.has(subject) ? { accountId: subject, claims: () => ({ sub: subject, ...people.get(subject) }) } : undefined,
      extraTokenClaims: (_context: Context, token: { readonly accountId: string }) => people.get(token.accountId),
      loadExistingGrant: grant,
      renderError: (context: { body: unknown }, _out: object, error: Error) => {
        context.body = String(error);
      },
    });
  };
  restart();

  const tokens: TestIssuer["tokens"] = async (subject) => {
    const verifier = randomBytes(32).toString("base64url");
    const query = new URLSearchParams({
      client_id: "other",
      redirect_uri: otherRedirect,
      response_type: "code",
      scope: "openid profile groups api",
      resource: audience,
      login_hint: subject,
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
    });
    const back = new URL(await new Browser().follow(`${url}/auth?${query}`, otherRedirect));
    const form = new URLSearchParams({
      grant_type: "authorization_code",
      client_id: "other",
      code: back.searchParams.get("code") ?? "",
      redirect_uri: otherRedirect,
      code_verifier: verifier,
    });
    const answer = await fetch(`${url}/token`, { method: "POST", body: form });
    if (!answer.ok) throw new Error(`${back.href} ${await answer.text()}`);
    return (await answer.json()) as { access_token: string; id_token: string };
  };

  return {
    url,
    people,
    get keys() {
      return keys;
    },
    keyRequests: () => keyRequests,
    useKeys: (...next) => {
      keys = next;
      restart();
    },
    browse: (authorizationUrl, subject) => {
      const address = new URL(authorizationUrl);
      address.searchParams.set("login_hint", subject);
      return new Browser().follow(address.href, redirectUri);
    },
    tokens,
    accessToken: async (subject) => (await tokens(subject)).access_token,
    goDown: (to) => {
      down = to;
    },
  };
}
