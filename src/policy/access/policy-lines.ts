import { CodedError } from "../../kernel/index.ts";
import {
  type AccessAction,
  type AccessKind,
  isAction,
  isKind,
  isRelation,
  isRole,
  type Role,
  relations as vocabulary,
} from "./vocabulary.ts";

export type AccessErrorCode = "POLICY_ACCESS_INVALID";

/** What is wrong with a policy, and in which line (from 1), where it is in one. */
export interface PolicyProblem {
  readonly line: number | undefined;
  readonly problem: string;
}

/** The access policy is wrong; nothing starts with it, and nothing changes to it. */
export class AccessError extends CodedError<AccessErrorCode> {
  /** About the policy's own text; may be shown to whoever wrote it. */
  readonly problems: readonly PolicyProblem[];

  constructor(problems: readonly [PolicyProblem, ...PolicyProblem[]], advice: string, options?: { readonly cause?: unknown }) {
    const [{ line, problem }, ...more] = problems;
    const place = line === undefined ? "Access policy" : `Access policy, line ${line}`;
    const others = more.length === 0 ? "" : ` (and ${more.length} more)`;
    super("POLICY_ACCESS_INVALID", `${place}: ${problem}${others}. ${advice}`, options);
    this.problems = problems;
  }
}

/** One line that allows something. */
export interface PolicyLine {
  readonly role: Role;
  readonly kind: AccessKind;
  readonly action: AccessAction;
  /** All must hold, in the vocabulary's order; none for `any`. */
  readonly relations: readonly string[];
  /** Where it stands in the text, from 1. */
  readonly line: number;
}

function parseLine(text: string, line: number): PolicyLine | PolicyProblem {
  const wrong = (problem: string): PolicyProblem => ({ line, problem });
  const [p, role = "", kind = "", action = "", relation = "", ...rest] = text.split(",").map((part) => part.trim());
  if (p !== "p" || rest.length > 0) return wrong("a line is `p, role, kind, action, relation`");
  if (!isRole(role)) return wrong(`there is no role "${shown(role)}"`);
  if (!isKind(kind)) return wrong(`there is no kind "${shown(kind)}"`);
  if (!isAction(kind, action)) return wrong(`there is no action "${shown(action)}" on ${kind}`);
  const names = relation === "any" ? [] : relation.split("+");
  const unknown = names.find((name) => !isRelation(name));
  if (unknown !== undefined) return wrong(`there is no relation "${shown(unknown)}"`);
  return { role, kind, action: action as AccessAction, relations: vocabulary.filter((name) => names.includes(name)), line };
}

/** Somebody's text in a message: short. */
const shown = (text: string): string => text.slice(0, 40);

const example = "A valid example: p, analyst, job, submit, own";

/** Reads and checks a policy's text; an unknown word, or a line said twice, is told with its number. Throws `POLICY_ACCESS_INVALID`. */
export function parsePolicy(text: string): readonly PolicyLine[] {
  const lines: PolicyLine[] = [];
  const problems: PolicyProblem[] = [];
  const firstAt = new Map<string, number>();
  for (const [index, line] of text.split("\n").entries()) {
    // In comments too: marks that turn the direction of text show a reviewer other lines than a machine reads.
    if (/[^\P{C}\t\r]/u.test(line)) {
      problems.push({ line: index + 1, problem: "it holds characters that cannot be seen" });
      continue;
    }
    const trimmed = line.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    const parsed = parseLine(trimmed, index + 1);
    if ("problem" in parsed) {
      problems.push(parsed);
      continue;
    }
    const said = [parsed.role, parsed.kind, parsed.action, ...parsed.relations].join();
    const before = firstAt.get(said);
    // Whoever takes a permission away would take one line and leave the other.
    if (before !== undefined) problems.push({ line: index + 1, problem: `it says what line ${before} says. Keep one` });
    else firstAt.set(said, index + 1);
    lines.push(parsed);
  }
  const [first, ...more] = problems;
  if (first !== undefined) throw new AccessError([first, ...more], example);
  if (lines.length === 0)
    throw new AccessError([{ line: undefined, problem: "no line allows anything" }], "Restore config/access/policy.csv.");
  return lines;
}
