import { CodedError } from "../../kernel/index.ts";
import { isAction, isKind, isRelation, isRole } from "./vocabulary.ts";

export type AccessErrorCode = "POLICY_ACCESS_INVALID";

/** The access policy's files are wrong; nothing starts with them. */
export class AccessError extends CodedError<AccessErrorCode> {}

/** One line that allows something. */
export interface PolicyLine {
  readonly role: string;
  readonly kind: string;
  readonly action: string;
  /** All must hold; none for `any`. */
  readonly relations: readonly string[];
}

function parseLine(text: string, number: number): PolicyLine {
  const wrong = (problem: string): never => {
    throw new AccessError(
      "POLICY_ACCESS_INVALID",
      `Access policy, line ${number}: ${problem}. A valid example: p, analyst, job, submit, own`,
    );
  };
  const [p, role = "", kind = "", action = "", relation = "", ...rest] = text.split(",").map((part) => part.trim());
  if (p !== "p" || rest.length > 0) return wrong("a line is `p, role, kind, action, relation`");
  if (!isRole(role)) return wrong(`there is no role "${role}"`);
  if (!isKind(kind)) return wrong(`there is no kind "${kind}"`);
  if (!isAction(kind, action)) return wrong(`there is no action "${action}" on ${kind}`);
  const relations = relation === "any" ? [] : relation.split("+");
  for (const name of relations) if (!isRelation(name)) return wrong(`there is no relation "${name}"`);
  return { role, kind, action, relations };
}

/** Reads and checks the policy file; an unknown word stops the start, with its line. */
export function parsePolicy(text: string): readonly PolicyLine[] {
  const lines: PolicyLine[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const trimmed = line.trim();
    if (trimmed !== "" && !trimmed.startsWith("#")) lines.push(parseLine(trimmed, index + 1));
  }
  return lines;
}
