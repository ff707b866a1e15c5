import { randomBytes } from "node:crypto";
import { Authenticator, type AuthenticatorTime } from "./authenticator.ts";

/** An answer that was not 2xx, with the problem the platform gave. */
export class ProblemError extends Error {
  readonly status: number;
  readonly problem: Readonly<Record<string, unknown>>;
  /** Seconds, where the answer says when to try again. */
  readonly retryAfter: string | null;

  constructor(status: number, problem: Readonly<Record<string, unknown>>, retryAfter: string | null) {
    super(`${status} ${String(problem["code"])}: ${String(problem["title"])} ${JSON.stringify(problem["more"] ?? {})}`);
    this.status = status;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
}

export type Json = Readonly<Record<string, unknown>>;

/** What a person signs in with. */
export interface Credentials {
  readonly login: string;
  readonly password: string;
  readonly authenticator?: Authenticator | undefined;
}

/** One signed-in account (or nobody), speaking to the platform over HTTP as any client would. */
export class ApiClient {
  readonly base: string;
  readonly login: string;
  #token: string | undefined;
  #authenticator: Authenticator | undefined;

  constructor(base: string, login = "nobody") {
    this.base = base;
    this.login = login;
  }

  static withBearer(base: string, login: string, bearer: string): ApiClient {
    const client = new ApiClient(base, login);
    client.#token = bearer;
    return client;
  }

  /** For clients of another protocol that speak in the same name. */
  authorization(): string {
    return `Bearer ${this.#token ?? ""}`;
  }

  /** Password, and the second factor where the platform asks for one. */
  static async signIn(base: string, { login, password, authenticator }: Credentials): Promise<ApiClient> {
    const client = new ApiClient(base, login);
    const { ticket, ...first } = await client.post("/v1/auth/login", { login, password });
    const last =
      ticket === undefined ? first : await client.post("/v1/auth/second-factor", { ticket, totp: await authenticator?.code() });
    client.#token = String(last["accessToken"]);
    client.#authenticator = authenticator;
    return client;
  }

  /**
   * The first login of an account: a password of one's own in the place of the given one and, where a
   * role needs one, an authenticator app. The code that confirms it completes the login.
   */
  static async arrive(
    base: string,
    { login, given, time }: { readonly login: string; readonly given: string; readonly time?: AuthenticatorTime | undefined },
  ): Promise<{ readonly client: ApiClient; readonly credentials: Credentials }> {
    const client = await ApiClient.signIn(base, { login, password: given });
    const password = randomBytes(15).toString("base64url");
    await client.post("/v1/me/password", { password: given, newPassword: password });
    if ((await client.get("/v1/me"))["limit"] === "enrolment") await client.#enrol(time);
    return { client, credentials: { login, password, authenticator: client.#authenticator } };
  }

  /** The access token, for whoever speaks to the platform in other ways. */
  get token(): string {
    return this.#token ?? "";
  }

  async #enrol(time?: AuthenticatorTime): Promise<void> {
    const { id, secret } = await this.post("/v1/me/factors", { kind: "totp", label: "app" });
    const authenticator = new Authenticator(String(secret), time);
    await this.post(`/v1/me/factors/${String(id)}/confirm`, { totp: await authenticator.code() });
    this.#authenticator = authenticator;
  }

  /** Sends again what was refused because no factor was shown lately, after showing one. */
  async #showing<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      const code = error instanceof ProblemError ? error.problem["code"] : undefined;
      if (code !== "IDENTITY_REAUTHENTICATION_NEEDED" || this.#authenticator === undefined) throw error;
      await this.post("/v1/auth/reauthenticate", { totp: await this.#authenticator.code() });
      return request();
    }
  }

  /** The same account and token, towards another address of the platform. */
  at(base: string): ApiClient {
    return ApiClient.withBearer(base, this.login, this.#token ?? "");
  }

  async send(method: string, path: string, body?: string | ReadableStream<Uint8Array>, type?: string): Promise<Response> {
    const headers: Record<string, string> = {};
    if (this.#token !== undefined) headers["authorization"] = `Bearer ${this.#token}`;
    if (type !== undefined) headers["content-type"] = type;
    const init: RequestInit & { duplex?: "half" } = { method, headers };
    if (body !== undefined) init.body = body;
    if (body instanceof ReadableStream) init.duplex = "half";
    const response = await fetch(new URL(path, this.base), init);
    if (!response.ok)
      throw new ProblemError(response.status, (await response.json()) as Json, response.headers.get("retry-after"));
    return response;
  }

  async #json(method: string, path: string, body?: unknown): Promise<Json> {
    const response = await this.#showing(() =>
      this.send(
        method,
        path,
        body === undefined ? undefined : JSON.stringify(body),
        body === undefined ? undefined : "application/json",
      ),
    );
    return response.status === 204 ? {} : ((await response.json()) as Json);
  }

  get(path: string): Promise<Json> {
    return this.#json("GET", path);
  }

  post(path: string, body?: unknown): Promise<Json> {
    return this.#json("POST", path, body);
  }

  put(path: string, body: unknown): Promise<Json> {
    return this.#json("PUT", path, body);
  }

  delete(path: string): Promise<Json> {
    return this.#json("DELETE", path);
  }

  async upload(path: string, stream: ReadableStream<Uint8Array>): Promise<Json> {
    return (await (await this.send("PUT", path, stream, "text/csv")).json()) as Json;
  }

  /** Asks until the job has ended. */
  async untilEnded(job: string): Promise<Json> {
    for (;;) {
      const view = await this.get(`/v1/jobs/${job}`);
      if (view["state"] !== "queued" && view["state"] !== "running") return view;
      await new Promise((resume) => setTimeout(resume, 50));
    }
  }
}
