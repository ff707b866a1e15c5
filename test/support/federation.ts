import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Test } from "tap";
import { createIdentity, type Identity } from "../../src/identity/index.ts";
import { type Config, loadConfig } from "../../src/kernel/index.ts";
import { openTestIdentity, passwordLog2Cost, type TestIdentity } from "./identity.ts";
import { audience, startIssuer, type TestIssuer } from "./issuer.ts";

type IssuerEntry = Config["identity"]["oidc"][number];

export interface TestFederation extends TestIdentity {
  readonly issuer: TestIssuer;
  readonly operator: string;
  readonly agency: string;
  readonly entry: IssuerEntry;
  /** Identity over the same store with other issuers in its settings, as after a restart. */
  restart(...oidc: readonly IssuerEntry[]): Promise<Identity>;
  /** Everything the log holds, in order. */
  events(): Promise<readonly Record<string, unknown>[]>;
}

/** A platform that trusts one real issuer, and two organisations its groups lead to. The clock starts at the issuer's time. */
export async function openTestFederation(t: Test): Promise<TestFederation> {
  const base = await openTestIdentity(t);
  base.clock.set(new Date());
  const issuer = await startIssuer(t);
  const operator = await base.populate("operator", "冀数运营", {});
  const agency = await base.populate("agency", "省数据局", {});
  const shipped = JSON.parse(await readFile(join(import.meta.dirname, "../../config/default.json"), "utf8"));
  const entry: IssuerEntry = {
    name: "province",
    issuer: issuer.url,
    audience,
    clientId: "hanguang",
    groupClaim: "groups",
    groups: [
      { group: "analysts", organisation: operator, roles: ["analyst"] },
      { group: "bosses", organisation: operator, roles: ["operator-admin"] },
      { group: "reviewers", organisation: agency, roles: ["reviewer"] },
      { group: "officers", organisation: agency, roles: ["agency-officer"] },
    ],
    algorithms: ["RS256"],
  };
  const restart = async (...oidc: readonly IssuerEntry[]) => {
    const { identity: settings } = loadConfig([shipped, { identity: { oidc } }], {});
    const identity = await createIdentity({ ...base, settings, passwordLog2Cost });
    await identity.applyIssuerSettings();
    return identity;
  };
  return {
    ...base,
    issuer,
    operator,
    agency,
    entry,
    restart,
    identity: await restart(entry),
    events: async () => {
      const leaves = await base.store.db.selectFrom("audit_event").select("leaf").orderBy("arrival").execute();
      return leaves.map(({ leaf }) => JSON.parse(leaf.toString()));
    },
  };
}
