import Type from "typebox";
import type { Identity } from "../identity/index.ts";
import type { BrowserSessions } from "./browser-sessions.ts";

/** What every way of signing in is made of. */
export interface SignInParts {
  readonly identity: Identity;
  readonly browsers: BrowserSessions;
}

/** A page asks for its refresh token in a cookie; everybody else gets it in the answer. */
export const browser = { browser: Type.Optional(Type.Boolean()) };
