import type { Test } from "tap";
import { createGovernance, type DraftRequest, type Governance } from "../../src/governance/index.ts";
import type { AuthenticatedActor } from "../../src/identity/index.ts";
import { platformFloor } from "../../src/policy/index.ts";
import { openTestCatalog, type TestCatalog, visitDeclaration } from "../catalog/catalog-fixture.ts";
import { expectValue } from "../support/value.ts";

export interface TestGovernance extends TestCatalog {
  readonly governance: Governance;
  /** Two officers of the agency; one officer, analyst and administrator of others; the authority's. */
  readonly people: Readonly<
    Record<"officer" | "colleague" | "foreignOfficer" | "operatorAdmin" | "analyst" | "rival" | "authority", AuthenticatedActor>
  >;
  readonly resource: string;
  /** A request that is accepted, with fields of its own. */
  request(over?: Partial<DraftRequest>): DraftRequest;
  /** An agreement as far as approval. */
  approved(over?: Partial<DraftRequest>): Promise<string>;
  /** An agreement in force. */
  inForce(over?: Partial<DraftRequest>): Promise<string>;
}

/** Agreements over a real store: two operators, two agencies, an authority, one resource of two owners. */
export async function openTestGovernance(t: Test): Promise<TestGovernance> {
  const base = await openTestCatalog(t);
  const { catalog, steward, populate, signIn } = base;
  const agency = await populate("agency", "省医保中心", { officer: ["agency-officer"], colleague: ["agency-officer"] });
  await populate("agency", "省税务中心", { "foreign-officer": ["agency-officer"] });
  const operator = await populate("operator", "运营一号", { "operator-admin": ["operator-admin"], analyst: ["analyst"] });
  await populate("operator", "运营二号", { rival: ["operator-admin", "analyst"] });
  await populate("authority", "省数据局", { authority: ["authority-officer"] });
  const family = await base.newFamily("就诊");
  const resource = expectValue(await catalog.declareResource(steward, { ...visitDeclaration, family })).id;
  const governance = createGovernance({ ...base, floor: platformFloor });
  const people = {
    officer: await signIn("officer"),
    colleague: await signIn("colleague"),
    foreignOfficer: await signIn("foreign-officer"),
    operatorAdmin: await signIn("operator-admin"),
    analyst: await signIn("analyst"),
    rival: await signIn("rival"),
    authority: await signIn("authority"),
  };
  let scenarios = 0;
  const request = (over: Partial<DraftRequest> = {}): DraftRequest => ({
    scenario: `场景 ${++scenarios}`,
    purpose: "医保基金运行分析",
    operator,
    agency,
    startsOn: "2026-03-01",
    endsOn: "2027-03-01",
    scope: { resources: [{ resource, columns: ["id_card", "doctor", "hospital", "cost"] }] },
    ...over,
  });
  const approved = async (over?: Partial<DraftRequest>) => {
    const { id } = expectValue(await governance.draft(people.operatorAdmin, request(over)));
    return expectValue(await governance.approve(people.officer, id)).id;
  };
  return {
    ...base,
    governance,
    people,
    resource,
    request,
    approved,
    inForce: async (over) => expectValue(await governance.activate(people.officer, await approved(over))).id,
  };
}
