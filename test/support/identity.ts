import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Test } from "tap";
import {
  type AuthenticatedActor,
  createIdentity,
  type FileSetupCode,
  type Identity,
  openSetupCode,
  type SetupCode,
} from "../../src/identity/index.ts";
import { createDecider, type Decider } from "../../src/policy/index.ts";
import type { OrganisationKind } from "../../src/store/index.ts";
import { openTestStore, type TestStore } from "./store.ts";
import { expectValue } from "./value.ts";

const repository = join(import.meta.dirname, "../..");

export async function loadDecider(): Promise<Decider> {
  const text = (name: string) => readFile(join(repository, "config/access", name), "utf8");
  return createDecider({ model: await text("model.conf"), policy: await text("policy.csv") });
}

export interface TestIdentity extends TestStore {
  readonly identity: Identity;
  readonly decider: Decider;
  readonly setupCode: FileSetupCode;
  /** A second identity over the same store, as another gateway would be. */
  another(): Promise<Identity>;
  /** Signs an account of the fixture in. */
  signIn(login: string): Promise<AuthenticatedActor>;
  /** Makes an organisation and accounts in it (login → roles), through the administrators. */
  populate(
    kind: Exclude<OrganisationKind, "platform">,
    name: string,
    accounts: Readonly<Record<string, readonly string[]>>,
  ): Promise<string>;
}

/** Tests sign dozens of people up; `password.test.ts` holds the real cost. */
export const passwordLog2Cost = 10;

export const passwordOf = (login: string): string => `a long pass phrase of ${login.toUpperCase().split("").join("-")}`;

const admins = ["platform-admin", "security-admin", "audit-admin"] as const;
/** Valid unified social credit codes of real form. */
const validCodes = ["91350100M000100Y43", "91110000600037341L", "91230184MA1BUFLT44", "92371000MA3MXH0E3W"];
let codesGiven = 0;

/** Identity over a real store that nobody set up yet; its one-time code lies in the data folder. */
export async function openFreshIdentity(t: Test) {
  const base = await openTestStore(t);
  const decider = await loadDecider();
  const { identity: settings } = JSON.parse(await readFile(join(repository, "config/default.json"), "utf8"));
  const setupCode = openSetupCode({ path: join(base.dataDir, "first-admin-code"), random: base.random });
  const another = (code: SetupCode = setupCode) =>
    createIdentity({ ...base, decider, settings, setupCode: code, passwordLog2Cost });
  return { ...base, decider, setupCode, another, identity: await another() };
}

/** What sets the platform up, but for the code. */
export const threeAdmins = {
  organisation: "平台",
  accounts: admins.map((role) => ({ role, login: role, name: role, password: passwordOf(role) })),
};

/** Identity over a real store, set up with its three administrators (`platform-admin`, `security-admin`, `audit-admin`). */
export async function openTestIdentity(t: Test): Promise<TestIdentity> {
  const base = await openFreshIdentity(t);
  const { identity, setupCode } = base;
  await setupCode.offer();
  expectValue(await identity.setupPlatform({ code: (await setupCode.read()) ?? "", ...threeAdmins }));
  const signIn = async (login: string) => {
    const tokens = expectValue(await identity.login({ login, password: passwordOf(login) }));
    return expectValue(await identity.authenticate(tokens.accessToken));
  };
  return {
    ...base,
    signIn,
    populate: async (kind, name, accounts) => {
      const [platform, security] = [await signIn("platform-admin"), await signIn("security-admin")];
      const uscc = kind === "operator" ? validCodes[codesGiven++ % validCodes.length] : undefined;
      const organisation = expectValue(await identity.createOrganisation(platform, { kind, name, uscc }));
      for (const [login, roles] of Object.entries(accounts)) {
        const account = expectValue(
          await identity.createAccount(platform, {
            login,
            name: login,
            organisation: organisation.id,
            password: passwordOf(login),
          }),
        );
        expectValue(await identity.assignRoles(security, { account: account.id, roles }));
      }
      return organisation.id;
    },
  };
}
