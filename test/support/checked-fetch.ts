import type { Test } from "tap";
import Schema from "typebox/schema";
import type { Json } from "../../scripts/demo/api-client.ts";

interface Operation {
  readonly path: RegExp;
  readonly method: string;
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>>;
}

function operationsOf(document: Json): readonly Operation[] {
  return Object.entries(document["paths"] as Readonly<Record<string, Readonly<Record<string, object>>>>).flatMap(
    ([template, operations]) =>
      Object.entries(operations).map(([method, operation]) => ({
        path: new RegExp(`^${template.replaceAll(".", "\\.").replace(/\{\w+\}/g, "[^/]+")}$`),
        method: method.toUpperCase(),
        responses: (operation as Operation).responses,
      })),
  );
}

/** What an answer has that the document does not say; undefined: nothing. */
async function problemWith(document: Json, operation: Operation | undefined, response: Response): Promise<string | undefined> {
  const { status } = response;
  // Read whole: of two branches of a body neither ends while the other waits.
  const body = () => response.clone().text();
  // Where no operation stands there is nothing to be said, but for a problem.
  if (operation === undefined) return [404, 405].includes(status) ? undefined : `answers ${status} where nothing is documented`;
  const documented = operation.responses[String(status)];
  if (documented === undefined) return `answers ${status}, which is not documented: ${await body()}`;
  const media = response.headers.get("content-type")?.split(";")[0] ?? "";
  const known = documented.content?.[media];
  if (known === undefined && documented.content === undefined && media === "") return undefined;
  if (known === undefined) return `answers ${status} as ${media}, which is not documented`;
  if (!/[/+]json$/.test(media)) return undefined;
  const [fits, errors] = Schema.Errors({ ...known.schema, components: document["components"] }, JSON.parse(await body()));
  return fits ? undefined : `answers ${status} with a body that is not as documented: ${JSON.stringify(errors)}`;
}

/** From here on every answer of the platform at `url` is held to its own OpenAPI document; one that is not as it says fails. */
export async function checkAnswers(t: Test, url: string): Promise<void> {
  const plain = globalThis.fetch;
  const document = (await (await plain(new URL("/openapi.json", url))).json()) as Json;
  const operations = operationsOf(document);
  t.teardown(() => {
    globalThis.fetch = plain;
  });
  globalThis.fetch = async (input, init) => {
    const response = await plain(input, init);
    const { origin, pathname } = new URL(input instanceof Request ? input.url : input);
    const method = init?.method ?? (input instanceof Request ? input.method : "GET");
    if (origin !== new URL(url).origin || method === "HEAD") return response;
    const operation = operations.find((one) => one.method === method && one.path.test(pathname));
    const problem = await problemWith(document, operation, response);
    if (problem !== undefined) throw new Error(`${method} ${pathname} ${problem}`);
    return response;
  };
}
