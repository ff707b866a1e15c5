import { IdentityError } from "../errors.ts";

/** The issuer did not answer, or not with what an issuer answers; nobody can be let in on its word now. */
export function unreachableIssuer(problem: string, cause?: unknown): IdentityError {
  return new IdentityError("IDENTITY_ISSUER_UNREACHABLE", problem, { cause });
}

export function isUnreachableIssuer(error: unknown): boolean {
  return error instanceof IdentityError && error.code === "IDENTITY_ISSUER_UNREACHABLE";
}
