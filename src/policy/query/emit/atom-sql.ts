import type { Atom, OwnerExpr, ReleaseDraft } from "../release/model.ts";
import { type Bound, plainSubject } from "../resolve/field.ts";
import { domainOf } from "../subject/domain.ts";
import { sumsExactly } from "../types.ts";
import { emitLeniently } from "./expression.ts";
import { quoteIdentifier as q } from "./identifier.ts";
import { atomKeySql, ownerKeySql } from "./record-keys.ts";
import type { Recorder } from "./recorder.ts";
import { emitOwner } from "./rows.ts";

/** Where the SQL of one release is written. */
export interface ReleaseContext {
  readonly release: ReleaseDraft;
  readonly recorder: Recorder;
}

export function as({ recorder }: ReleaseContext, sql: string, alias: string): string {
  recorder.columns.add(alias);
  return `${sql} AS ${q(alias)}`;
}

/** Stored or derived columns have their type, parts of dates are small whole numbers, roots and logarithms DOUBLE. */
function factorType(factor: Bound): string {
  const field = plainSubject(factor);
  if (field !== undefined) return field.column.type;
  return domainOf(factor) === undefined ? "BIGINT" : "DOUBLE";
}

export function isDouble({ factors }: Atom): boolean {
  return factors.length > 1 || factors.some((factor) => !sumsExactly(factorType(factor)));
}

/** The stored measure or product that an atom sums, in a type in which no sum can fail. */
export function measureSql(atom: Atom, { recorder }: ReleaseContext): string {
  const factors = atom.factors.map((factor) => emitLeniently(factor, recorder));
  return isDouble(atom) ? `(${factors.map((factor) => `CAST(${factor} AS DOUBLE)`).join(" * ")})` : factors.join("");
}

/** What a row must meet to count in an atom. */
export function conditionParts(atom: Atom, { recorder }: ReleaseContext): readonly string[] {
  const owner = atom.owner === undefined ? [] : [`${emitOwner(atom.owner, recorder)} IS NOT NULL`];
  const present = atom.factors.map((factor) => `${emitLeniently(factor, recorder)} IS NOT NULL`);
  return [...atom.conditions.map((condition) => emitLeniently(condition, recorder)), ...owner, ...present];
}

export function conditionSql(atom: Atom, context: ReleaseContext): string {
  const parts = conditionParts(atom, context);
  return parts.length === 0 ? "TRUE" : `((${parts.join(" AND ")}) IS NOT DISTINCT FROM TRUE)`;
}

/** What a row adds to the key of an atom. */
export function keySql(atom: Atom, { release, recorder }: ReleaseContext): string {
  return atom.owner === undefined ? atomKeySql(atom, release.owners, recorder) : ownerKeySql(atom.owner, recorder);
}

/**
 * Owners whose greatest contribution the noise of an atom is measured by: all of the rows, or it would hide a worker and not
 * the firm, and hang on which table of a join comes first. A number of owners moves by those that it counts.
 */
export function noiseOwners(atom: Atom, { owners }: ReleaseDraft): readonly OwnerExpr[] {
  return atom.owner === undefined ? owners : [atom.owner];
}

/** The greatest of some numbers, in SQL. */
export function greatestOf(numbers: readonly string[]): string {
  return numbers.length === 1 ? numbers.join("") : `greatest(${numbers.join(", ")})`;
}

/** The owner whose rows an atom's figure is made of. */
export function valueOwner(atom: Atom, { owners }: ReleaseDraft): OwnerExpr {
  return atom.owner ?? owners[0];
}
