import { stop } from "../refusal.ts";
import type { Atom } from "../release/model.ts";
import type { Bound } from "../resolve/field.ts";
import { conjunctsOf } from "../tree/make.ts";
import { checkCondition } from "./condition.ts";
import { checkDomain } from "./domain.ts";
import { keyOf } from "./label.ts";
import { isAlways } from "./measure.ts";

/** Each pair of atoms is compared, so their number is bounded. */
const maxAtoms = 40;

/** The atoms of one release: each is made once, however often figures use it. */
export interface AtomBook {
  add(atom: Omit<Atom, "id">): string;
  atoms(): readonly Atom[];
}

/** Conjuncts without doubles and without TRUE, in a fixed order, so that equal conditions are equal lists. */
export function normalConditions(conditions: readonly Bound[]): readonly Bound[] {
  const byKey = new Map(
    conditions
      .flatMap(conjunctsOf)
      .filter((c) => !isAlways(c))
      .map((c) => [keyOf(c), c]),
  );
  return [...byKey.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, condition]) => condition);
}

function atomKey(atom: Omit<Atom, "id">): string {
  return JSON.stringify([
    atom.aggregate,
    atom.behind ?? "",
    atom.owner?.id ?? "",
    atom.factors.map(keyOf),
    atom.conditions.map(keyOf),
  ]);
}

/** `given`: conditions that hold for every row of the release. */
export function createAtomBook(given: readonly Bound[]): AtomBook {
  const byKey = new Map<string, Atom>();
  return {
    add(written) {
      const factors = [...written.factors].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
      const atom = { ...written, factors, conditions: normalConditions(written.conditions) };
      // The one gate that every condition of every atom passes, whoever built it.
      for (const condition of atom.conditions) checkCondition(condition);
      for (const factor of factors) checkDomain(factor, [...given, ...atom.conditions]);
      const key = atomKey(atom);
      const known = byKey.get(key);
      if (known !== undefined) return known.id;
      if (byKey.size >= maxAtoms)
        stop("QUERY_TOO_LARGE", written.conditions[0]?.at, `more than ${maxAtoms} atomic figures in one SELECT`);
      const id = `a${byKey.size + 1}`;
      byKey.set(key, Object.freeze({ ...atom, id }));
      return id;
    },
    atoms: () => [...byKey.values()],
  };
}
