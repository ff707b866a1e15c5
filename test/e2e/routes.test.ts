import t from "tap";
import { actionsOfKind } from "../../src/policy/index.ts";
import { problemOf, startTestPlatform } from "../support/platform.ts";

const fixture = await startTestPlatform(t);
const { platform, url, analyst } = fixture;
const { routes } = platform.gateway;

/** The only routes that answer without a token, each for a reason. */
const open = [
  "GET /docs",
  "GET /docs/favicon-32x32.png",
  "GET /docs/start.js",
  "GET /docs/swagger-ui-bundle.js",
  "GET /docs/swagger-ui.css",
  "GET /livez",
  "GET /readyz",
  "GET /log/checkpoint",
  "GET /log/key",
  "GET /openapi.json",
  "GET /v1/auth/oidc",
  "POST /v1/auth/oidc/:issuer/start",
  "POST /v1/auth/oidc/:issuer/finish",
  "POST /v1/auth/login",
  "POST /v1/auth/refresh",
  "POST /v1/auth/second-factor",
  "POST /v1/setup",
];

const withoutHead = routes.filter(({ method }) => method !== "HEAD");

t.test("no route is open by accident", async (t) => {
  t.strictSame(
    withoutHead
      .filter(({ permission }) => permission === "public")
      .map(({ method, url: path }) => `${method} ${path}`)
      .filter((route) => !open.includes(route)),
    [],
  );
});

/** What is not undone by an apology: votes, releases, ends of agreements, powers over others, what outlives a session, and one's own factors. */
const recent = [
  "DELETE /v1/me/factors/:id",
  "DELETE /v1/users/:id/factors",
  "POST /v1/agreements/:id/terminate",
  "POST /v1/exports/:id/release",
  "POST /v1/exports/:id/reviews",
  "POST /v1/log/origins",
  "POST /v1/log/origins/:id/approve",
  "POST /v1/me/factors",
  "POST /v1/me/recovery-codes",
  "POST /v1/policy/proposals",
  "POST /v1/policy/proposals/:id/confirm",
  "POST /v1/service-keys",
  "POST /v1/users/:id/disable",
  "PUT /v1/users/:id/roles",
];

t.test("these routes, and no others, ask for a factor shown lately", async (t) => {
  const asking = withoutHead.filter((route) => route.recent).map(({ method, url: path }) => `${method} ${path}`);
  t.strictSame(asking.toSorted(), recent);
});

/** What a session opens that still lacks something, by what it lacks. */
const limited = {
  "second-factor": ["GET /v1/me", "POST /v1/auth/logout", "POST /v1/auth/reauthenticate", "POST /v1/auth/reauthenticate/ticket"],
  "password-change": [
    "GET /v1/me",
    "POST /v1/auth/logout",
    "POST /v1/auth/reauthenticate",
    "POST /v1/auth/reauthenticate/ticket",
    "POST /v1/me/password",
  ],
  enrolment: [
    "GET /v1/me",
    "GET /v1/me/factors",
    "POST /v1/auth/logout",
    "POST /v1/auth/reauthenticate",
    "POST /v1/auth/reauthenticate/ticket",
    "POST /v1/me/factors",
    "POST /v1/me/factors/:id/confirm",
    "POST /v1/me/password",
  ],
};

t.test("a session that lacks something opens these routes and no others", async (t) => {
  for (const [limit, opened] of Object.entries(limited)) {
    const doors = withoutHead.filter((route) => route.whileLimited.includes(limit));
    t.strictSame(doors.map(({ method, url: path }) => `${method} ${path}`).toSorted(), opened, limit);
  }
});

for (const { method, url: path, permission } of withoutHead.filter((route) => route.permission !== "public"))
  t.test(`${method} ${path} (${permission}) refuses callers without, and with a forged, token`, async (t) => {
    const target = new URL(path.replace(":id", "abc_00000000000000000000000000"), url);
    for (const authorization of [undefined, "Bearer", "Bearer x", "Basic YTpi", "bearer abc"]) {
      const response = await fetch(target, { method, ...(authorization === undefined ? {} : { headers: { authorization } }) });
      t.equal(response.status, 401, String(authorization));
      t.equal(response.headers.get("content-type"), "application/problem+json; charset=utf-8");
    }
  });

t.test("every permission a route asks for exists in the policy's vocabulary", async (t) => {
  const known = new Set(Object.entries(actionsOfKind).flatMap(([kind, actions]) => actions.map((action) => `${kind}:${action}`)));
  for (const { url: path, permission } of withoutHead)
    t.ok(["public", "identified", "signed-in", "watcher"].includes(permission) || known.has(permission), `${path} ${permission}`);
});

t.test("an analyst is refused what belongs to others, and the refusal is an event", async (t) => {
  for (const [method, path] of [
    ["POST", "/v1/organisations"],
    ["PUT", "/v1/users/usr_x/roles"],
    ["GET", "/v1/audit/events"],
    ["POST", "/v1/families"],
    ["POST", "/v1/agreements/agr_x/approve"],
    ["POST", "/v1/exports/exp_x/reviews"],
    ["POST", "/v1/exports/exp_x/release"],
  ] as const)
    t.match(
      await problemOf(
        analyst.send(method, path, method === "GET" ? undefined : "{}", method === "GET" ? undefined : "application/json"),
      ),
      { httpStatus: 403, code: "ACCESS_DENIED" },
      `${method} ${path}`,
    );
  const page = await fixture.auditor.get("/v1/audit/events?type=access.refused");
  t.equal((page["items"] as readonly unknown[]).length, 7);
});

t.test("every answer carries the headers that keep a browser from misusing it", async (t) => {
  for (const path of ["/livez", "/v1/me", "/nowhere"]) {
    const response = await fetch(new URL(path, url));
    t.match(Object.fromEntries(response.headers), {
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
    await response.body?.cancel();
  }
});

t.test("what is not there is a problem too, and tells nothing", async (t) => {
  const response = await fetch(new URL("/v1/nowhere?token=secret", url));
  t.equal(response.status, 404);
  t.match(await response.json(), {
    type: "urn:hanguang:problem:not_found",
    title: "There is nothing here. Look at the path and the id; /openapi.json lists the routes.",
    status: 404,
    code: "NOT_FOUND",
  });
});
