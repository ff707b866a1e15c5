import { type Refusal, refuse } from "../kernel/index.ts";
import type { IdentityRefusalCode } from "./refusals.ts";
import { isCommonPassword } from "./zxcvbn-passwords.ts";

const loginPattern = /^[a-z][a-z0-9._-]{2,63}$/;
const maxPasswordLength = 1024;

export function isLoginName(text: string): boolean {
  return loginPattern.test(text);
}

/** Why a login name or password cannot be taken; length is what makes a password strong, not its classes. */
export function checkCredentials(login: string, password: string, minLength: number): Refusal<IdentityRefusalCode> | undefined {
  if (!isLoginName(login))
    return refuse("IDENTITY_LOGIN_MALFORMED", { accepted: "3 to 64 of a-z 0-9 . _ - beginning with a letter" });
  const length = Array.from(password).length;
  if (length < minLength || length > maxPasswordLength || password.toLowerCase().includes(login))
    return refuse("IDENTITY_PASSWORD_WEAK", { minLength, maxLength: maxPasswordLength, alsoNot: "containing the login" });
  if (isCommonPassword(password)) return refuse("IDENTITY_PASSWORD_LISTED");
  return undefined;
}
