import { canonicalJson, type JsonValue, sha256Hex } from "../../../kernel/index.ts";
import type { PlanAtom, PlanColumn, PlanPoint, ResultColumn } from "./draft.ts";
import type { ExplainedRelation } from "./explain.ts";

export interface PlanRelease {
  readonly id: string;
  readonly evidenceSql: string;
  readonly keys: readonly PlanColumn[];
  readonly atoms: readonly PlanAtom[];
  readonly points: readonly PlanPoint[];
}

export interface PlanParts {
  readonly steps: readonly string[];
  readonly resultSql: string;
  readonly columns: readonly ResultColumn[];
  readonly releases: readonly PlanRelease[];
  readonly tables: readonly string[];
  readonly explanation: readonly ExplainedRelation[];
}

/** Only the sealer of this folder holds it, so nobody else can call the constructor with success. */
const seal = Symbol("seal");

/**
 * The only thing the enclave runs: steps in order, then the result, then the evidence. Made by `sealPlan`
 * alone; `isGovernedPlan` checks the brand at run time, where no cast helps.
 */
export class GovernedPlan implements PlanParts {
  readonly #sealed: true;
  readonly steps: readonly string[];
  readonly resultSql: string;
  readonly columns: readonly ResultColumn[];
  readonly releases: readonly PlanRelease[];
  readonly tables: readonly string[];
  readonly explanation: readonly ExplainedRelation[];
  /** SHA-256 (hex) of the canonical JSON of everything above. */
  readonly digest: string;

  constructor(key: symbol, parts: PlanParts) {
    if (key !== seal) throw new TypeError("a GovernedPlan is made by sealPlan only");
    this.#sealed = true;
    this.steps = parts.steps;
    this.resultSql = parts.resultSql;
    this.columns = parts.columns;
    this.releases = parts.releases;
    this.tables = parts.tables;
    this.explanation = parts.explanation;
    this.digest = sha256Hex(canonicalJson(this.#json()));
    Object.freeze(this);
  }

  static isPlan(value: unknown): value is GovernedPlan {
    return typeof value === "object" && value !== null && #sealed in value && value.#sealed;
  }

  #json(): { readonly [key: string]: JsonValue } {
    const { steps, resultSql, columns, releases, tables, explanation } = this;
    return JSON.parse(JSON.stringify({ steps, resultSql, columns, releases, tables, explanation }));
  }

  toJSON(): JsonValue {
    return { ...this.#json(), digest: this.digest };
  }
}

/** For `seal.ts` only; not exported from this folder. */
export function makePlan(parts: PlanParts): GovernedPlan {
  return new GovernedPlan(seal, parts);
}

export function isGovernedPlan(value: unknown): value is GovernedPlan {
  return GovernedPlan.isPlan(value);
}
