import { type Enforcer, newEnforcer, newModelFromString, StringAdapter } from "casbin";
import { canonicalJson, sha256Hex } from "../../kernel/index.ts";
import { type PolicyLine, parsePolicy } from "./policy-lines.ts";
import type { Relation } from "./vocabulary.ts";

/**
 * The access decision. Roles come from the store, relations from the feature that owns the object.
 * Whatever is unknown, absent or malformed is denied.
 */
export interface Decider {
  /** May a caller with these roles do this to an object it stands in these relations to? */
  decide(roles: readonly string[], action: string, kind: string, relations: readonly Relation[]): boolean;
  /** Could it be allowed for any object at all? The gateway asks before the object is known. */
  mayEver(roles: readonly string[], action: string, kind: string): boolean;
  /** SHA-256 (hex) of model and policy: which policy decided. */
  readonly hash: string;
}

const separator = "|";

const joined = (words: readonly string[]): string => words.map((word) => `${separator}${word}${separator}`).join("");
const among = (list: unknown, word: string): boolean =>
  typeof list === "string" && list.includes(`${separator}${word}${separator}`);

/** Given as relations where the object is not known yet. */
const everyRelation = "*";

function holds(given: unknown, needed: unknown): boolean {
  if (typeof needed !== "string") return false;
  if (given === everyRelation) return true;
  return needed === "any" || needed.split("+").every((name) => among(given, name));
}

async function load(model: string, lines: readonly PolicyLine[]): Promise<Enforcer> {
  const policy = lines
    .map(({ role, kind, action, relations }) => `p, ${role}, ${kind}, ${action}, ${relations.join("+") || "any"}`)
    .join("\n");
  const enforcer = await newEnforcer(newModelFromString(model), new StringAdapter(policy));
  await enforcer.addFunction("hasRole", (roles: unknown, role: unknown) => typeof role === "string" && among(roles, role));
  await enforcer.addFunction("holds", holds);
  return enforcer;
}

/**
 * Makes the decider from the texts of `config/access/`. Casbin's enforcer, with its switch that
 * allows everything, never leaves this function. Throws `POLICY_ACCESS_INVALID`.
 */
export async function createDecider(texts: { readonly model: string; readonly policy: string }): Promise<Decider> {
  const lines = parsePolicy(texts.policy);
  const enforcer = await load(texts.model, lines);
  const ask = (roles: readonly string[], action: string, kind: string, relations: string): boolean =>
    enforcer.enforceSync(joined(roles), kind, action, relations) === true;
  return Object.freeze({
    decide: (roles: readonly string[], action: string, kind: string, relations: readonly Relation[]) =>
      ask(roles, action, kind, joined(relations)),
    mayEver: (roles: readonly string[], action: string, kind: string) => ask(roles, action, kind, everyRelation),
    hash: sha256Hex(canonicalJson({ model: texts.model, policy: lines.map((line) => ({ ...line })) })),
  });
}
