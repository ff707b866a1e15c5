import type { TSchema } from "typebox";
import { answers } from "./answers.ts";
import { takesKey } from "./idempotent-requests.ts";
import { describePermission } from "./permission.ts";
import { refusalsByStatus } from "./refusals-of.ts";
import type { AnyRoute, RouteFacts, SentHeader } from "./route.ts";
import type { Content } from "./success.ts";
import { problemView } from "./views/problem-view.ts";

type JsonObject = { readonly [key: string]: unknown };

const statusTexts: Readonly<Record<number, string>> = {
  200: "What was asked for.",
  201: "Made.",
  202: "Accepted; the work goes on.",
  204: "Done; there is nothing to tell.",
};

const headerTexts: Readonly<Record<SentHeader, string>> = {
  location: "Address of what was made.",
  etag: "Names the state that was shown; send it back in `If-Match`.",
  "content-disposition": "A file name for what is sent.",
  "set-cookie": "The refresh token of a browser; HttpOnly, SameSite=Strict.",
  "tus-resumable": "Version of the tus protocol that is spoken.",
  "tus-version": "Versions of the tus protocol that are spoken.",
  "tus-extension": "Extensions of the tus protocol that are spoken.",
  "tus-max-size": "Most bytes of an upload.",
  "tus-checksum-algorithm": "Checksums that bytes may be sent with.",
  "upload-offset": "Bytes that are durably here: where to go on.",
  "upload-length": "Bytes of the whole upload.",
  "upload-expires": "When the upload expires, if nothing is added.",
};

/** Schemas with a title stand once, under `components`, and are pointed at. */
function createComponents() {
  const schemas: Record<string, unknown> = {};
  const refer = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(refer);
    if (typeof value !== "object" || value === null) return value;
    const { title } = value as { readonly title?: unknown };
    const plain = () => Object.fromEntries(Object.entries(value).map(([key, part]) => [key, refer(part)]));
    if (typeof title !== "string") return plain();
    const known = schemas[title];
    const made = plain();
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(made))
      throw new TypeError(`Two different schemas are called ${title}.`);
    schemas[title] = made;
    return { $ref: `#/components/schemas/${title}` };
  };
  return { schemas, refer };
}

type Refer = ReturnType<typeof createComponents>["refer"];

function parameters(place: "path" | "query", schema: TSchema | undefined, refer: Refer): readonly JsonObject[] {
  const { properties = {}, required = [] } = (schema ?? {}) as { properties?: Record<string, TSchema>; required?: string[] };
  return Object.entries(properties).map(([name, shape]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema: refer(shape),
  }));
}

function headerParameters(route: RouteFacts): readonly JsonObject[] {
  const header = (name: string, required: boolean, description: string) => ({
    name,
    in: "header",
    required,
    description,
    schema: { type: "string" },
  });
  return [
    ...(route.ifMatch === undefined ? [] : [header("If-Match", route.ifMatch === "required", "The ETag of what was read.")]),
    ...(takesKey(route)
      ? [header("Idempotency-Key", false, "A new UUID; the same request sent again with it is done once.")]
      : []),
  ];
}

const contentOf = (content: Content, refer: Refer): JsonObject =>
  Object.fromEntries(Object.entries(content).map(([media, schema]) => [media, { schema: refer(schema) }]));

function successes(route: RouteFacts, refer: Refer): JsonObject {
  const headers = Object.fromEntries(
    (route.sends ?? []).map((name) => [name, { description: headerTexts[name], schema: { type: "string" } }]),
  );
  return Object.fromEntries(
    Object.entries(route.answers).map(([status, content]) => [
      status,
      {
        description: statusTexts[Number(status)] ?? "See the body.",
        ...(Object.keys(headers).length === 0 ? {} : { headers }),
        ...(Object.keys(content).length === 0 ? {} : { content: contentOf(content, refer) }),
      },
    ]),
  );
}

/** One entry a status: a route that answers the status itself (`/readyz`) has both bodies under it. */
function problems(route: RouteFacts, refer: Refer): JsonObject {
  return Object.fromEntries(
    Array.from(refusalsByStatus(route), ([status, codes]) => [
      status,
      {
        description: codes.map((code) => `\`${code}\`: ${answers[code].title}`).join("\n\n"),
        content: {
          ...contentOf(route.answers[status] ?? {}, refer),
          "application/problem+json": {
            schema: { allOf: [refer(problemView), { properties: { code: { enum: codes } } }] },
          },
        },
      },
    ]),
  );
}

function requestBody(route: RouteFacts, refer: Refer): JsonObject {
  if (route.stream !== undefined) {
    const shape = { schema: { type: "string", description: "Streamed; never held whole." } };
    return { requestBody: { required: true, content: Object.fromEntries(route.stream.map((media) => [media, shape])) } };
  }
  if (route.body === undefined) return {};
  return { requestBody: { required: true, content: { "application/json": { schema: refer(route.body) } } } };
}

/** `/v1/agreements/:id/jobs` by POST is `postAgreementsIdJobs`. */
function operationId({ method, url }: RouteFacts): string {
  const words = url.split(/[^A-Za-z0-9]+/).filter((word) => word !== "" && word !== "v1");
  return String(method).toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

/** What it is about: the kind the permission names; without one, getting in and out, or the platform itself. */
function tagOf({ permission, url }: RouteFacts): string {
  if (typeof permission === "object") return permission.kind;
  return url.startsWith("/v1/") ? "session" : "platform";
}

function operation(route: AnyRoute, refer: Refer): JsonObject {
  const places = [
    ...parameters("path", route.params, refer),
    ...parameters("query", route.query, refer),
    ...headerParameters(route),
  ];
  return {
    operationId: operationId(route),
    tags: [tagOf(route)],
    summary: route.summary,
    "x-permission": describePermission(route.permission),
    ...(route.recent === true ? { "x-recent": true } : {}),
    security: route.permission === "public" ? [] : [{ bearer: [] }],
    ...(places.length === 0 ? {} : { parameters: places }),
    ...requestBody(route, refer),
    responses: { ...successes(route, refer), ...problems(route, refer) },
  };
}

/** `:id` of the router is `{id}` of OpenAPI. */
export const pathTemplate = (url: string): string => url.replace(/:([A-Za-z]+)/g, "{$1}");

/** The OpenAPI 3.1 document of a table of routes; nothing in it is written by hand elsewhere. */
export function openApiDocument(routes: readonly AnyRoute[]): JsonObject {
  const { schemas, refer } = createComponents();
  const operationsAt = Map.groupBy(routes, (route) => pathTemplate(route.url));
  const paths = Object.fromEntries(
    Array.from(operationsAt, ([path, those]) => [
      path,
      Object.fromEntries(those.map((route) => [String(route.method).toLowerCase(), operation(route, refer)])),
    ]),
  );
  return {
    openapi: "3.1.0",
    info: {
      title: "Hanguang 含光",
      version: "1",
      description:
        "Public data usable but never visible (数据可用不可见). Refusals are RFC 9457 problems with a stable `code`; " +
        "what is hidden and what is absent get the same answer. `x-permission` names what the access policy must allow; " +
        "`x-recent` routes need a factor shown lately (`POST /v1/auth/reauthenticate`). Answers tell by `RateLimit-Policy` and " +
        "`RateLimit` (draft-ietf-httpapi-ratelimit-headers) how often their class of requests may be sent, and how many are left.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => a.localeCompare(b))),
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          description: "An access token (`POST /v1/auth/login` gives one) or a service key.",
        },
      },
    },
  };
}
