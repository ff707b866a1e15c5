import { type Enforcer, newEnforcer, newModelFromString, StringAdapter } from "casbin";
import { canonicalJson, sha256Hex } from "../../kernel/index.ts";
import { checkInvariants } from "./invariants.ts";
import { AccessError, type PolicyLine, parsePolicy } from "./policy-lines.ts";
import { actionsOfKind, relations as allRelations, roles as allRoles, isAction, isKind, type Relation } from "./vocabulary.ts";

/**
 * The access decision. Roles come from the store, relations from the feature that owns the object.
 * Whatever is unknown, absent or malformed is denied.
 */
export interface Decider {
  /** May a caller with these roles do this to an object it stands in these relations to? */
  decide(roles: readonly string[], action: string, kind: string, relations: readonly Relation[]): boolean;
  /** Could it be allowed for any object at all? The gateway asks before the object is known. */
  mayEver(roles: readonly string[], action: string, kind: string): boolean;
  /** SHA-256 (hex) of model and policy without comments: which policy decided. */
  readonly hash: string;
}

type Ask = (roles: readonly string[], action: string, kind: string, relations: readonly string[]) => boolean;

/** Sets, not joined text: a role named `x|analyst` would otherwise be two roles. */
const among = (words: unknown, word: unknown): boolean => words instanceof Set && typeof word === "string" && words.has(word);
const holds = (given: unknown, needed: unknown): boolean =>
  typeof needed === "string" && (needed === "any" || needed.split("+").every((name) => among(given, name)));

async function loadEnforcer(model: string, lines: readonly PolicyLine[]): Promise<Ask> {
  const policy = lines
    .map(({ role, kind, action, relations }) => `p, ${role}, ${kind}, ${action}, ${relations.join("+") || "any"}`)
    .join("\n");
  const enforcer: Enforcer = await newEnforcer(newModelFromString(model), new StringAdapter(policy));
  await enforcer.addFunction("hasRole", among);
  await enforcer.addFunction("holds", holds);
  return (roles, action, kind, relations) => enforcer.enforceSync(new Set(roles), kind, action, new Set(relations)) === true;
}

const modelProblem = (problem: string, cause?: unknown): AccessError =>
  new AccessError([{ line: undefined, problem: `the model ${problem}` }], "Restore config/access/model.conf.", { cause });

/** A model that allows what no line says (a matcher `true`, an effect by deny alone) stops the start, as one that allows nothing does. */
function checkModel(ask: Ask, lines: readonly PolicyLine[]): void {
  const wrong = (problem: string): never => {
    throw modelProblem(problem);
  };
  for (const [kind, actions] of Object.entries(actionsOfKind))
    for (const action of actions)
      if (ask([], action, kind, allRelations)) wrong(`allows ${kind}:${action} to a caller without roles`);
  for (const { role, kind, action, relations } of lines) {
    if (!ask([role], action, kind, relations)) wrong(`denies ${kind}:${action} to ${role}, which the policy allows`);
    const open = lines.some(
      (line) => line.role === role && line.kind === kind && line.action === action && line.relations.length === 0,
    );
    if (!open && ask([role], action, kind, [])) wrong(`allows ${kind}:${action} to ${role} without ${relations.join("+")}`);
  }
}

async function loadModel(model: string, lines: readonly PolicyLine[]): Promise<Ask> {
  try {
    const ask = await loadEnforcer(model, lines);
    checkModel(ask, lines);
    return ask;
  } catch (cause) {
    if (cause instanceof AccessError) throw cause;
    throw modelProblem("cannot be used by Casbin", cause);
  }
}

/** Asks Casbin once for each question: the questions are few, the policy does not change under them. */
function remembering(ask: Ask): Ask {
  const answers = new Map<string, boolean>();
  return (roles, action, kind, relations) => {
    // Only words of the vocabulary come here, so the key is unambiguous and the map bounded.
    const question = `${roles.join()} ${kind} ${action} ${relations.join()}`;
    const known = answers.get(question);
    if (known !== undefined) return known;
    const answer = ask(roles, action, kind, relations);
    answers.set(question, answer);
    return answer;
  };
}

/** The words that are known, each once and in one order. */
const known = <Word extends string>(vocabulary: readonly Word[], words: readonly string[]): readonly Word[] =>
  vocabulary.filter((word) => words.includes(word));

/** A text's lines without comments and empty ones: what Casbin is given, whatever is said about it. */
const withoutComments = (text: string): string =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .join("\n");

/** Whether two texts are the same model but for comments. */
export function sameModel(one: string, other: string): boolean {
  return withoutComments(one) === withoutComments(other);
}

/** A policy's lines in one form and order: what two texts say alike is one text. */
export function linesOf(policy: string): readonly string[] {
  return parsePolicy(policy)
    .map(({ role, kind, action, relations }) => `${role}, ${kind}, ${action}, ${relations.join("+") || "any"}`)
    .sort();
}

/**
 * Makes the decider from the texts of a policy. Whatever it says, it stays below the ceiling and
 * above the floor of `ceiling.ts`. Casbin's enforcer, with its switch that allows everything, never
 * leaves this file. Throws `POLICY_ACCESS_INVALID` with every problem and its line.
 */
export async function createDecider(texts: { readonly model: string; readonly policy: string }): Promise<Decider> {
  const lines = parsePolicy(texts.policy);
  const [problem, ...more] = checkInvariants(lines);
  if (problem !== undefined)
    throw new AccessError([problem, ...more], "No policy may say so; docs/how-to/change-the-policy.md tells why.");
  const ask = remembering(await loadModel(texts.model, lines));
  const decide: Decider["decide"] = (roles, action, kind, relations) =>
    isKind(kind) && isAction(kind, action) && ask(known(allRoles, roles), action, kind, known(allRelations, relations));
  return Object.freeze({
    decide,
    mayEver: (roles: readonly string[], action: string, kind: string) => decide(roles, action, kind, allRelations),
    hash: sha256Hex(canonicalJson({ model: withoutComments(texts.model), policy: linesOf(texts.policy) })),
  });
}
