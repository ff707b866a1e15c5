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
  type SignedIn,
} from "../../src/identity/index.ts";
import { type Config, loadConfig } from "../../src/kernel/index.ts";
import { createDecider, type Decider } from "../../src/policy/index.ts";
import type { OrganisationKind } from "../../src/store/index.ts";
import { SoftwareAuthenticator } from "./software-authenticator.ts";
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
  readonly settings: Config["identity"];
  readonly setupCode: FileSetupCode;
  /** A second identity over the same store, as another gateway would be. */
  another(): Promise<Identity>;
  /** Signs an account of the fixture in, with both factors where it has two. */
  signIn(login: string): Promise<AuthenticatedActor>;
  /** The tokens of such a sign-in. */
  tokensOf(login: string): Promise<SignedIn>;
  /** The first login of an account: changes the password from the given one to `passwordOf`, and enrols a security key if a role needs one. */
  arrive(login: string): Promise<void>;
  /** The security key of an account that arrived. */
  authenticatorOf(login: string): SoftwareAuthenticator;
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

/** What an administrator gives a new account; two know it. */
export const givenPasswordOf = (login: string): string => `given at first: ${passwordOf(login)}`;

/** The tokens of a login that asks for one factor only. */
export async function signInWithPassword(identity: Identity, login: string, password = passwordOf(login)): Promise<SignedIn> {
  const answer = expectValue(await identity.login({ login, password }));
  if ("ticket" in answer) throw new Error(`${login} is asked for a second factor`);
  return answer;
}

const admins = ["platform-admin", "security-admin", "audit-admin"] as const;
/** Valid unified social credit codes of real form. */
const validCodes = ["91350100M000100Y43", "91110000600037341L", "91230184MA1BUFLT44", "92371000MA3MXH0E3W"];
let codesGiven = 0;

/** Identity over a real store that nobody set up yet; its one-time code lies in the data folder. */
export async function openFreshIdentity(t: Test) {
  const base = await openTestStore(t);
  const decider = await loadDecider();
  const { identity: settings } = loadConfig([JSON.parse(await readFile(join(repository, "config/default.json"), "utf8"))], {});
  const setupCode = openSetupCode({ path: join(base.dataDir, "first-admin-code"), random: base.random });
  const another = (code: SetupCode = setupCode) =>
    createIdentity({ ...base, decider, settings, setupCode: code, passwordLog2Cost });
  return { ...base, decider, settings, setupCode, another, identity: await another() };
}

/** What sets the platform up, but for the code. */
export const threeAdmins = {
  organisation: "平台",
  accounts: admins.map((role) => ({ role, login: role, name: role, password: givenPasswordOf(role) })),
};

/** Identity over a real store, set up with its three administrators (`platform-admin`, `security-admin`, `audit-admin`). */
export async function openTestIdentity(t: Test): Promise<TestIdentity> {
  const base = await openFreshIdentity(t);
  const { identity, setupCode, settings } = base;
  await setupCode.offer();
  expectValue(await identity.setupPlatform({ code: (await setupCode.read()) ?? "", ...threeAdmins }));
  const authenticators = new Map<string, SoftwareAuthenticator>();
  const authenticatorOf = (login: string): SoftwareAuthenticator => {
    const authenticator = authenticators.get(login) ?? new SoftwareAuthenticator(settings.webOrigin, settings.webauthnRpId);
    authenticators.set(login, authenticator);
    return authenticator;
  };
  // A security key, not codes of an app: it answers as often as it is asked, however the clock is moved.
  const tokensOf = async (login: string): Promise<SignedIn> => {
    const answer = expectValue(await identity.login({ login, password: passwordOf(login) }));
    if (!("ticket" in answer)) return answer;
    const { ticket, webauthn = { challenge: "" } } = answer;
    return expectValue(await identity.showSecondFactor({ ticket, proof: { webauthn: authenticatorOf(login).get(webauthn) } }));
  };
  const signIn = async (login: string) => expectValue(await identity.authenticate((await tokensOf(login)).accessToken));
  const arrive = async (login: string): Promise<void> => {
    const password = givenPasswordOf(login);
    const { accessToken } = await signInWithPassword(identity, login, password);
    const caller = async () => expectValue(await identity.authenticate(accessToken));
    expectValue(await identity.changePassword(await caller(), { password, newPassword: passwordOf(login) }));
    if ((await caller()).limit !== "enrolment") return;
    const begun = expectValue(await identity.beginFactor(await caller(), { kind: "webauthn", label: "key" }));
    if (begun.kind !== "webauthn") throw new Error("a security key was asked for");
    const webauthn = authenticatorOf(login).create(begun.publicKey);
    expectValue(await identity.confirmFactor(await caller(), { factor: begun.id, proof: { webauthn } }));
  };
  for (const login of admins) await arrive(login);
  return {
    ...base,
    signIn,
    tokensOf,
    arrive,
    authenticatorOf,
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
            password: givenPasswordOf(login),
          }),
        );
        expectValue(await identity.assignRoles(security, { account: account.id, roles }));
        await arrive(login);
      }
      return organisation.id;
    },
  };
}
