import type { ApiClient, Json } from "../../scripts/demo/api-client.ts";

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

/** One request as the account of `client`, with headers of the test's own; no answer is an error. */
export async function rawCall(
  client: ApiClient,
  method: string,
  path: string,
  { body, headers }: { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> | undefined } = {},
): Promise<RawAnswer> {
  const response = await fetch(new URL(path, client.base), {
    method,
    headers: {
      ...(client.token === "" ? {} : { authorization: `Bearer ${client.token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = /[/+]json/.test(response.headers.get("content-type") ?? "");
  return { status: response.status, headers: response.headers, body: isJson ? (JSON.parse(text) as Json) : { text } };
}
