import { ceilings, floor } from "./ceiling.ts";
import type { PolicyLine, PolicyProblem } from "./policy-lines.ts";
import type { PermissionName } from "./vocabulary.ts";

/** A line's kind and action belong together: it was read by the vocabulary. */
const permissionOf = ({ kind, action }: PolicyLine): PermissionName => `${kind}:${action}` as PermissionName;

/** Whether an analyst may do the same in the same situation: what is more is no machine's, whoever edits the policy. */
function isAnalysts(line: PolicyLine, lines: readonly PolicyLine[]): boolean {
  return lines.some(
    (other) =>
      other.role === "analyst" &&
      permissionOf(other) === permissionOf(line) &&
      other.relations.every((relation) => line.relations.includes(relation)),
  );
}

function problemOf(line: PolicyLine, lines: readonly PolicyLine[]): string | undefined {
  const { role, relations } = line;
  const permission = permissionOf(line);
  const needs = ceilings[permission][role];
  if (needs === undefined) return `${role} may never ${permission}`;
  const missing = needs.filter((relation) => !relations.includes(relation));
  if (missing.length > 0) return `${role} may ${permission} only where ${needs.join("+")} holds; ${missing.join("+")} is missing`;
  if (role === "service" && !isAnalysts(line, lines)) return `${permission} is given to service keys, and no analyst may do it`;
  return undefined;
}

/** What in these lines goes beyond what any policy may allow, or falls short of what every policy keeps. */
export function checkInvariants(lines: readonly PolicyLine[]): readonly PolicyProblem[] {
  const beyond = lines.flatMap((line) => {
    const problem = problemOf(line, lines);
    return problem === undefined ? [] : [{ line: line.line, problem }];
  });
  const short = floor
    .filter(([role, permission]) => !lines.some((line) => line.role === role && permissionOf(line) === permission))
    .map(([role, permission]) => ({
      line: undefined,
      problem: `no line lets ${role} ${permission}, which every policy keeps`,
    }));
  return [...beyond, ...short];
}
