import { CodedError } from "../../kernel/index.ts";
import { isAction, isKind, isRelation, isRole, relations as vocabulary } from "./vocabulary.ts";

export type AccessErrorCode = "POLICY_ACCESS_INVALID";

/** The access policy's files are wrong; nothing starts with them. */
export class AccessError extends CodedError<AccessErrorCode> {}

/** One line that allows something. */
export interface PolicyLine {
  readonly role: string;
  readonly kind: string;
  readonly action: string;
  /** All must hold, in the vocabulary's order; none for `any`. */
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
  const names = relation === "any" ? [] : relation.split("+");
  for (const name of names) if (!isRelation(name)) return wrong(`there is no relation "${name}"`);
  const relations = vocabulary.filter((name) => names.includes(name));
  return { role, kind, action, relations };
}

/** Whether an analyst may do the same in the same situation: what is more is no machine's, whoever edits the file. */
function isAnalysts(line: PolicyLine, lines: readonly PolicyLine[]): boolean {
  return lines.some(
    (other) =>
      other.role === "analyst" &&
      other.kind === line.kind &&
      other.action === line.action &&
      other.relations.every((relation) => line.relations.includes(relation)),
  );
}

/** Reads and checks the policy file; an unknown word, or a line said twice, stops the start with its number. */
export function parsePolicy(text: string): readonly PolicyLine[] {
  const lines: PolicyLine[] = [];
  const firstAt = new Map<string, number>();
  for (const [index, line] of text.split("\n").entries()) {
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const parsed = parseLine(trimmed, index + 1);
    const said = [parsed.role, parsed.kind, parsed.action, ...parsed.relations].join();
    const before = firstAt.get(said);
    // Whoever takes a permission away would take one line and leave the other.
    if (before !== undefined)
      throw new AccessError(
        "POLICY_ACCESS_INVALID",
        `Access policy, line ${index + 1}: it says what line ${before} says. Keep one.`,
      );
    firstAt.set(said, index + 1);
    lines.push(parsed);
  }
  const machines = lines.find((line) => line.role === "service" && !isAnalysts(line, lines));
  if (machines !== undefined)
    throw new AccessError(
      "POLICY_ACCESS_INVALID",
      `Access policy: ${machines.kind}:${machines.action} is given to service keys, and no analyst may do it. Take the line out.`,
    );
  if (lines.length === 0)
    throw new AccessError("POLICY_ACCESS_INVALID", "Access policy: no line allows anything. Restore config/access/policy.csv.");
  return lines;
}
