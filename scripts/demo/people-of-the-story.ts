import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ApiClient } from "./api-client.ts";

export interface People {
  readonly logins: ReadonlyMap<string, { readonly password: string; readonly roles: readonly string[] }>;
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
export async function signUp(platform: { readonly url: string; readonly setupCodePath: string | undefined }): Promise<People> {
  const { url } = platform;
  const logins = new Map<string, { password: string; roles: readonly string[] }>();
  const admins = ["platform-admin", "security-admin", "audit-admin"] as const;
  for (const role of admins) logins.set(role, { password: makePassword(), roles: [role] });
  const code = (await readFile(platform.setupCodePath ?? "", "utf8")).trim();
  const passwordOf = (login: string): string => logins.get(login)?.password ?? "";
  await new ApiClient(url).post("/v1/setup", {
    code,
    organisation: "平台运行单位（演示）",
    accounts: admins.map((role) => ({ role, login: role, name: role, password: passwordOf(role) })),
  });
  const signIn = (login: string): Promise<ApiClient> => ApiClient.signIn(url, login, passwordOf(login));
  const [platformAdmin, securityAdmin] = [await signIn("platform-admin"), await signIn("security-admin")];
  const organisations = new Map<string, string>();
  for (const { accounts, ...organisation } of cast) {
    const { id } = await platformAdmin.post("/v1/organisations", organisation);
    organisations.set(organisation.kind, String(id));
    for (const [login, roles] of Object.entries(accounts)) {
      logins.set(login, { password: makePassword(), roles });
      const account = await platformAdmin.post("/v1/users", {
        login,
        name: login,
        organisation: id,
        password: passwordOf(login),
      });
      await securityAdmin.put(`/v1/users/${String(account["id"])}/roles`, { roles });
    }
  }
  return {
    logins,
    operator: organisations.get("operator") ?? "",
    agency: organisations.get("agency") ?? "",
    steward: await signIn("steward"),
    operatorAdmin: await signIn("operator-admin"),
    analyst: await signIn("analyst"),
    officer: await signIn("officer"),
    reviewers: [await signIn("reviewer-1"), await signIn("reviewer-2")],
    auditor: await signIn("audit-admin"),
  };
}
