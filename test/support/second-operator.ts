import { ApiClient } from "../../scripts/demo/api-client.ts";
import { type TestPlatform, timeOf } from "./platform.ts";

type Rig = Pick<TestPlatform, "signIn" | "url" | "clock">;

/** Makes an account and lets its person arrive, as the administrators and the person would. */
async function employ(rig: Rig, organisation: string, login: string, role: string): Promise<ApiClient> {
  const password = "some quite long pass phrase to begin with";
  const account = await (await rig.signIn("platform-admin")).post("/v1/users", { login, name: login, organisation, password });
  await (await rig.signIn("security-admin")).put(`/v1/users/${String(account["id"])}/roles`, { roles: [role] });
  return (await ApiClient.arrive(rig.url, { login, given: password, time: timeOf(rig.clock) })).client;
}

/** Another operator with an analyst and an administrator, beside the one of the story. */
export async function signUpSecondOperator(rig: Rig): Promise<{ readonly analyst: ApiClient; readonly admin: ApiClient }> {
  const organisation = { kind: "operator", name: "别家运营公司", uscc: "91110000600037341L" };
  const { id } = await (await rig.signIn("platform-admin")).post("/v1/organisations", organisation);
  return {
    analyst: await employ(rig, String(id), "other-analyst", "analyst"),
    admin: await employ(rig, String(id), "other-admin", "operator-admin"),
  };
}

/** A second analyst of the story's own operator. */
export function signUpColleague(rig: Rig & Pick<TestPlatform, "operator">): Promise<ApiClient> {
  return employ(rig, rig.operator, "colleague", "analyst");
}
