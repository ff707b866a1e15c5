import { Validator } from "@seriousme/openapi-schema-validator";
import t from "tap";
import { answers, type openApiDocument } from "../../src/gateway/index.ts";
import { startTestPlatform } from "../support/platform.ts";

const { platform, url } = await startTestPlatform(t);
const document = (await (await fetch(new URL("/openapi.json", url))).json()) as ReturnType<typeof openApiDocument>;
type Operation = Readonly<{ [key: string]: unknown; responses: Record<string, unknown> }>;
const paths = document["paths"] as Readonly<Record<string, Readonly<Record<string, Operation>>>>;
const operations = Object.entries(paths).flatMap(([path, those]) =>
  Object.entries(those).map(([method, operation]) => ({ path, method, operation })),
);

t.test("the document is OpenAPI 3.1", async (t) => {
  const checked = await new Validator().validate(structuredClone(document));
  t.strictSame(checked.errors, undefined);
  t.ok(checked.valid);
});

t.test("every route that is registered is in the document, and nothing else", async (t) => {
  const registered = platform.gateway.routes.filter(({ method }) => method !== "HEAD");
  t.strictSame(
    operations.map(({ path, method }) => `${method.toUpperCase()} ${path}`).sort(),
    registered.map(({ method, url: path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`).sort(),
  );
});

t.test("every operation tells its permission, a success, and what it refuses", async (t) => {
  const ids = new Set<unknown>();
  for (const { path, method, operation } of operations) {
    const { summary, operationId, security, responses } = operation;
    const permission = operation["x-permission"];
    t.type(summary, "string");
    t.notOk(ids.has(operationId), `${method} ${path}: ${String(operationId)}`);
    ids.add(operationId);
    t.match(permission, /^(public|identified|signed-in|watcher|[a-z-]+:[a-z-]+)$/, path);
    t.strictSame(security, permission === "public" ? [] : [{ bearer: [] }], path);
    const statuses = Object.keys(responses);
    t.ok(
      statuses.some((status) => status.startsWith("2")),
      `${method} ${path} says what a success is`,
    );
    for (const status of ["400", "500", "503", ...(permission === "public" ? [] : ["401"])])
      t.ok(statuses.includes(status), `${method} ${path} ${status}`);
  }
});

/** Ends in a job's `answer`, or in another refusal, and is nobody's problem over HTTP; the last is told where no operation stands. */
const inside = [
  "METHOD_NOT_ALLOWED",
  "JOB_RESULT_NOT_READY",
  "JOB_PROVISION_IMPOSSIBLE",
  "JOB_ISOLATION_TOO_WEAK",
  "RESULT_NOT_CHECKED",
];

t.test("no refusal is left out: each code is some route's", async (t) => {
  const text = JSON.stringify(paths);
  for (const code of Object.keys(answers)) t.equal(text.includes(`"${code}"`), !inside.includes(code), code);
});
