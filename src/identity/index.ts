export type { AccountView } from "./accounts.ts";
export { type AuthenticatedActor, toActor } from "./actor.ts";
export type { IdentityContext } from "./context.ts";
export { identityEvents } from "./events.ts";
export { createIdentity, type Identity } from "./identity.ts";
export type { Organisation } from "./organisations.ts";
export type { IdentityRefusalCode } from "./refusals.ts";
export type { SignedIn } from "./sessions.ts";
export type { SetupCode, SetupRequest } from "./setup.ts";
