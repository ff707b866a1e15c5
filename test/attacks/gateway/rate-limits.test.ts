import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import t from "tap";
import { startTestPlatform } from "../../support/platform.ts";

const limits = { windowMs: 60_000, signInRequests: 80, strangerRequests: 12, readRequests: 60, writeRequests: 100 };
const { url, clock, analyst, steward, platform } = await startTestPlatform(t, { limits });

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: { readonly code?: string; readonly more?: Readonly<Record<string, unknown>> };
}

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** Any of 127.0.0.0/8 is an address of its own. */
  readonly from?: string;
}

function send(method: string, path: string, { headers = {}, body, from = "127.0.0.1" }: Sent = {}): Promise<Answer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const all = {
    ...headers,
    ...(text === undefined ? {} : { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) }),
  };
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const options = { hostname, port, method, path, headers: all, localAddress: from, agent: false } as const;
    const sent = httpRequest(options, (answer) => {
      let heard = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        heard += chunk;
      });
      answer.once("end", () => {
        const isProblem = String(answer.headers["content-type"]).startsWith("application/problem+json");
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: isProblem && heard !== "" ? JSON.parse(heard) : {},
        });
      });
    });
    sent.once("error", reject).end(text);
  });
}

/** Sends until it is refused for its number; gives how many were taken. */
async function spend(one: () => Promise<Answer>): Promise<number> {
  for (let taken = 0; taken < 200; taken++) if ((await one()).status === 429) return taken;
  throw new Error("no limit");
}

const as = ({ token }: { readonly token: string }) => ({ authorization: `Bearer ${token}` });
const guess = (at = Math.random()) => ({ login: `somebody-${at}`, password: `a guess ${at}` });
const signIn = (sent: Sent = {}) => send("POST", "/v1/auth/login", { body: guess(), ...sent });

interface Limited {
  readonly actor: { readonly kind: string; readonly id?: string };
  readonly code: string;
  readonly data: { readonly class: string; readonly route: string; readonly count: number };
}
/** As they lie in the store, in order of arrival. */
const limitedEvents = async (): Promise<readonly Limited[]> => {
  const rows = await platform.store.db.selectFrom("audit_event").select("leaf").orderBy("arrival").execute();
  return rows
    .map(({ leaf }) => JSON.parse(leaf.toString()) as Limited & { readonly type: string })
    .filter(({ type }) => type === "request.limited");
};

t.test("guesses of one address are numbered, whatever they guess and whatever they say of themselves", async (t) => {
  clock.advance(limits.windowMs);
  t.equal(await spend(() => signIn()), limits.signInRequests);
  const refused = await signIn();
  t.match(refused, { status: 429, body: { code: "REQUEST_LIMIT", more: { class: "secret", retryAfterSeconds: 1 } } });
  t.equal(refused.headers["retry-after"], "1");
  t.equal(refused.headers["ratelimit-policy"], '"secret";q=80;w=60');
  t.equal(refused.headers["ratelimit"], '"secret";r=0;t=1');
  const disguises: readonly Sent[] = [
    { headers: { "x-forwarded-for": "203.0.113.9" } },
    {
      headers: {
        "x-real-ip": "203.0.113.9",
        forwarded: "for=203.0.113.9",
        "cf-connecting-ip": "203.0.113.9",
        "true-client-ip": "203.0.113.9",
      },
    },
    { headers: { host: "elsewhere.example" } },
    { headers: { authorization: `Bearer ${"x".repeat(40)}` } },
    { headers: as(steward) },
    { headers: { cookie: "a=b" } },
  ];
  for (const [at, disguise] of disguises.entries()) t.equal((await signIn(disguise)).status, 429, `disguise ${at}`);
  const spelt = [
    "/v1/auth/%6Cogin",
    "/v1/auth/login?a=b",
    "/v1/%61uth/login?",
    "/v1/auth/login#x",
    "/v1/auth/refresh",
    "/v1/auth/second-factor",
  ];
  for (const path of spelt) t.equal((await send("POST", path, { body: guess() })).status, 429, path);
  const elsewhere = ["/V1/auth/login", "/v1/auth/login/", "/v1//auth/login", "/v1/auth/login;x", "/v1/auth/./login%2F"];
  for (const path of elsewhere) t.notOk([200, 401].includes((await send("POST", path, { body: guess() })).status), path);
  const overridden = { "x-http-method-override": "POST", "x-method-override": "POST" };
  for (const method of ["GET", "PUT", "PATCH", "DELETE"])
    t.notOk(
      [200, 401].includes((await send(method, "/v1/auth/login?_method=POST", { headers: overridden, body: guess() })).status),
      method,
    );
  t.equal((await signIn({ from: "127.0.0.2" })).status, 401, "another address has its own");
});

t.test("what is told to wait is enough, and no less", async (t) => {
  const wait = Number((await signIn()).headers["retry-after"]) * 1000;
  clock.advance(wait);
  t.equal((await signIn()).status, 401);
  t.equal((await signIn()).status, 429);
});

t.test("each account has its own, by whatever token and from wherever", async (t) => {
  clock.advance(limits.windowMs);
  const read = (who: { readonly token: string }, from?: string) =>
    send("GET", "/v1/me", { headers: as(who), ...(from === undefined ? {} : { from }) });
  const first = await read(analyst);
  t.equal(first.headers["ratelimit-policy"], '"read";q=60;w=60');
  t.equal(first.headers["ratelimit"], '"read";r=59;t=1');
  let heads = 0;
  const taken = await spend(async () => (heads++ % 2 === 0 ? send("HEAD", "/v1/me", { headers: as(analyst) }) : read(analyst)));
  t.equal(taken, 59, "HEAD counts as GET");
  t.equal((await read(analyst, "127.0.0.3")).status, 429);
  t.equal((await send("GET", "/v1/jobs", { headers: as(analyst) })).status, 429, "one class is one quota");
  t.equal((await read(steward)).status, 200);
  t.not((await send("POST", "/v1/auth/reauthenticate/ticket", { headers: as(analyst) })).status, 429, "another class");
});

t.test("what nobody known sends is numbered by address, and keeps out nobody who is", async (t) => {
  clock.advance(limits.windowMs);
  const from = "127.0.0.4";
  const bad = { authorization: "Bearer not-a-token" };
  const strange: readonly (() => Promise<Answer>)[] = [
    () => send("GET", "/nothing", { from }),
    () => send("GET", "/v1/me", { from }),
    () => send("GET", "/v1/me", { from, headers: bad }),
    () => send("POST", "/v1/exports", { from, headers: { authorization: `Bearer ${Math.random()}` }, body: {} }),
    () =>
      send("POST", "/v1/exports", {
        from,
        headers: { cookie: "hanguang-refresh=x; __Host-hanguang-refresh=x", origin: "https://evil.example" },
      }),
  ];
  let at = 0;
  t.equal(await spend(() => strange[at++ % strange.length]?.() ?? Promise.reject(new Error("none"))), limits.strangerRequests);
  for (const one of strange) t.equal((await one()).status, 429);
  t.match((await send("GET", "/nothing", { from })).headers, { "ratelimit-policy": '"stranger";q=12;w=60' });
  t.equal((await send("GET", "/v1/me", { from, headers: as(steward) })).status, 200);
  t.equal((await send("GET", "/livez", { from })).status, 200);
});

t.test("refused writes are events: the first at once, the others with their number", async (t) => {
  clock.advance(limits.windowMs);
  const from = "127.0.0.5";
  const countOf = async () => {
    const events = (await limitedEvents()).filter(({ data }) => data.route === "/v1/auth/refresh");
    return events.reduce((sum, { data }) => sum + data.count, 0);
  };
  const before = await countOf();
  await spend(() => send("POST", "/v1/auth/refresh", { from, body: { refreshToken: "x" } }));
  t.equal(await countOf(), before + 1, "the first is there when it is answered");
  for (let more = 0; more < 6; more++) await send("POST", "/v1/auth/refresh", { from, body: { refreshToken: "x" } });
  t.equal(await countOf(), before + 1);
  clock.advance(limits.windowMs);
  for (const end = Date.now() + 10_000; Date.now() < end && (await countOf()) < before + 7; )
    await new Promise((resolve) => setTimeout(resolve, 50));
  t.equal(await countOf(), before + 7);
  t.match((await limitedEvents())[0], {
    type: "request.limited",
    actor: { kind: "anonymous" },
    code: "REQUEST_LIMIT",
    data: { class: "secret" },
  });
});
