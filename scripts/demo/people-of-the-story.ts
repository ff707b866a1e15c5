import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ApiClient, type Credentials } from "./api-client.ts";
import type { AuthenticatorTime } from "./authenticator.ts";

export interface Person extends Credentials {
  readonly roles: readonly string[];
}

export interface People {
  readonly logins: ReadonlyMap<string, Person>;
  /** A new session of one of them; at another address, should the platform have been started again. */
  signIn(login: string, url?: string): Promise<ApiClient>;
  /** Another account of an organisation, signed in. */
  employ(organisation: string, login: string, roles: readonly string[]): Promise<ApiClient>;
  readonly operator: string;
  readonly agency: string;
  readonly steward: ApiClient;
  readonly operatorAdmin: ApiClient;
  readonly analyst: ApiClient;
  readonly officer: ApiClient;
  readonly reviewers: readonly [ApiClient, ApiClient];
  readonly auditor: ApiClient;
}

const makePassword = (): string => randomBytes(15).toString("base64url");

/** The organisations of the story and who works there. */
const cast = [
  { kind: "source-unit", name: "河北省数源单位（演示）", accounts: { steward: ["data-steward"] } },
  {
    kind: "agency",
    name: "河北省公共数据实施机构（演示）",
    accounts: { officer: ["agency-officer"], "reviewer-1": ["reviewer"], "reviewer-2": ["reviewer"] },
  },
  {
    kind: "operator",
    name: "冀数运营有限公司（演示）",
    uscc: "91350100M000100Y43",
    accounts: { "operator-admin": ["operator-admin"], analyst: ["analyst"] },
  },
  { kind: "authority", name: "河北省数据管理部门（演示）", accounts: { authority: ["authority-officer"] } },
] as const;

/** Sets the platform up with the code of its first start, then makes everybody of the story, over HTTP. */
export async function signUp(
  platform: { readonly url: string; readonly setupCodePath: string | undefined },
  time?: AuthenticatorTime,
): Promise<People> {
  const { url } = platform;
  const logins = new Map<string, Person>();
  const clients = new Map<string, ApiClient>();

  const arrive = async (login: string, given: string, roles: readonly string[]): Promise<void> => {
    const { client, credentials } = await ApiClient.arrive(url, { login, given, time });
    logins.set(login, { ...credentials, roles });
    clients.set(login, client);
  };

  const admins = ["platform-admin", "security-admin", "audit-admin"] as const;
  const accounts = admins.map((role) => ({ role, login: role, name: role, password: makePassword() }));
  const code = (await readFile(platform.setupCodePath ?? "", "utf8")).trim();
  await new ApiClient(url).post("/v1/setup", { code, organisation: "平台运行单位（演示）", accounts });
  await Promise.all(accounts.map(({ login, password, role }) => arrive(login, password, [role])));
  const clientOf = (login: string): ApiClient => {
    const client = clients.get(login);
    if (client === undefined) throw new Error(`nobody of the story is called ${login}`);
    return client;
  };

  const organisations = new Map<string, string>();
  const employ = async (organisation: string, login: string, roles: readonly string[]): Promise<ApiClient> => {
    const password = makePassword();
    const account = await clientOf("platform-admin").post("/v1/users", { login, name: login, organisation, password });
    await clientOf("security-admin").put(`/v1/users/${String(account["id"])}/roles`, { roles });
    await arrive(login, password, roles);
    return clientOf(login);
  };
  for (const { accounts: people, ...organisation } of cast) {
    const id = String((await clientOf("platform-admin").post("/v1/organisations", organisation))["id"]);
    organisations.set(organisation.kind, id);
    await Promise.all(Object.entries(people).map(([login, roles]) => employ(id, login, roles)));
  }
  return {
    logins,
    employ,
    signIn: (login, at = url) => ApiClient.signIn(at, logins.get(login) ?? { login, password: "" }),
    operator: organisations.get("operator") ?? "",
    agency: organisations.get("agency") ?? "",
    steward: clientOf("steward"),
    operatorAdmin: clientOf("operator-admin"),
    analyst: clientOf("analyst"),
    officer: clientOf("officer"),
    reviewers: [clientOf("reviewer-1"), clientOf("reviewer-2")],
    auditor: clientOf("audit-admin"),
  };
}
