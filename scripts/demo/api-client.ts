/** An answer that was not 2xx, with the problem the platform gave. */
export class ProblemError extends Error {
  readonly status: number;
  readonly problem: Readonly<Record<string, unknown>>;

  constructor(status: number, problem: Readonly<Record<string, unknown>>) {
    super(`${status} ${String(problem["code"])}: ${String(problem["title"])} ${JSON.stringify(problem["more"] ?? {})}`);
    this.status = status;
    this.problem = problem;
  }
}

export type Json = Readonly<Record<string, unknown>>;

/** One signed-in account (or nobody), speaking to the platform over HTTP as any client would. */
export class ApiClient {
  readonly base: string;
  readonly login: string;
  #token: string | undefined;

  constructor(base: string, login = "nobody") {
    this.base = base;
    this.login = login;
  }

  static withBearer(base: string, login: string, bearer: string): ApiClient {
    const client = new ApiClient(base, login);
    client.#token = bearer;
    return client;
  }

  static async signIn(base: string, login: string, password: string): Promise<ApiClient> {
    const answer = await new ApiClient(base, login).post("/v1/auth/login", { login, password });
    return ApiClient.withBearer(base, login, String(answer["accessToken"]));
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
    if (!response.ok) throw new ProblemError(response.status, (await response.json()) as Json);
    return response;
  }

  async #json(method: string, path: string, body?: unknown): Promise<Json> {
    const response = await this.send(
      method,
      path,
      body === undefined ? undefined : JSON.stringify(body),
      body === undefined ? undefined : "application/json",
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
