import type { People } from "../demo/people-of-the-story.ts";

/** Somebody in whose name the whole document is tried. */
export interface Caller {
  readonly name: string;
  readonly bearer: string;
}

/** What a key may be made for; an operator's machine has no use for more. */
const scopes = [
  "organisation:read",
  "resource:read",
  "agreement:read",
  "job:submit",
  "job:read",
  "job:cancel",
  "result:read",
  "export:request",
  "export:read",
];

/** An administrator, an analyst and an operator's machine, each with a sign-in of its own. */
export async function signInCallers(people: People): Promise<readonly Caller[]> {
  const administrator = await people.signIn("platform-admin");
  const analyst = await people.signIn("analyst");
  const key = await people.operatorAdmin.post("/v1/service-keys", { name: "schemathesis", scopes, days: 1 });
  return [
    { name: "administrator", bearer: administrator.token },
    { name: "analyst", bearer: analyst.token },
    { name: "service-key", bearer: String(key["secret"]) },
  ];
}
