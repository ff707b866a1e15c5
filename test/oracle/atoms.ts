import { conjuncts, type Expr } from "./ast.ts";
import { keyOf, type Relation } from "./relation.ts";

/** `sum(factors) FILTER (conditions)`, `count FILTER (conditions)`, or how many owners there are. */
export interface Atom {
  readonly aggregate: "count" | "sum" | "owners";
  /** Which owner expression is counted, for `owners`. */
  readonly owner: number | undefined;
  readonly factors: readonly Expr[];
  readonly conditions: readonly Expr[];
  readonly factorKeys: readonly string[];
  readonly conditionKeys: readonly string[];
}

export type WrittenAtom = Pick<Atom, "aggregate" | "owner" | "factors" | "conditions">;

/** The atoms of one release in the order in which its figures need them. */
export interface Book {
  readonly relation: Relation;
  readonly atoms: Atom[];
  add(atom: WrittenAtom): number;
}

function isAlways(expr: Expr): boolean {
  return expr.k === "lit" && expr.value === true;
}

export function createBook(relation: Relation): Book {
  const atoms: Atom[] = [];
  const places = new Map<string, number>();
  return {
    relation,
    atoms,
    add({ aggregate, owner, factors, conditions }) {
      const parts = conditions.flatMap(conjuncts).filter((part) => !isAlways(part));
      const byKey = new Map(parts.map((part) => [keyOf(part, relation), part]));
      const conditionKeys = [...byKey.keys()].toSorted((a, b) => (a < b ? -1 : 1));
      const factorKeys = factors.map((factor) => keyOf(factor, relation)).toSorted();
      const key = JSON.stringify([aggregate, owner ?? -1, factorKeys, conditionKeys]);
      const known = places.get(key);
      if (known !== undefined) return known;
      places.set(key, atoms.length);
      atoms.push({ aggregate, owner, factors, conditions: [...byKey.values()], factorKeys, conditionKeys });
      return atoms.length - 1;
    },
  };
}
