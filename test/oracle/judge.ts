import type { Expr } from "./ast.ts";
import type { Atom } from "./atoms.ts";
import { columnOf, isTelling, keyOf, type Owner, type Relation } from "./relation.ts";
import type { Rules } from "./world.ts";

export type Verdict = "pass" | "owners" | "non-finite" | "dominance" | "p-percent" | "full" | "complement";

/** One row of a cell that counts in an atom: whose it is, and with what. */
export interface Share {
  readonly owners: readonly Owner[];
  /** Number of the row in the cell. */
  readonly row: number;
  readonly m: number;
}

type Nets = ReadonlyMap<Owner, number>;

const total = (nets: Iterable<number>): number => [...nets].reduce((sum, net) => sum + net, 0);

/** What each owner brings. A number of owners counts each of its own once, and rows for the others. */
function netsOf(atom: Atom, shares: readonly Share[], owner: number): Nets {
  const nets = new Map<Owner, number>();
  const isCounted = atom.aggregate === "owners" && atom.owner === owner;
  for (const share of shares) {
    const who = share.owners[owner] ?? null;
    nets.set(who, isCounted ? 1 : (nets.get(who) ?? 0) + share.m);
  }
  return nets;
}

const distinct = (nets: Nets): number => [...nets.keys()].filter((owner) => owner !== null).length;

function sharesVerdict(nets: Nets, rules: Rules): "pass" | "dominance" | "p-percent" {
  const sizes = [...nets.values()].map(Math.abs).sort((a, b) => b - a);
  const [first = 0, second = 0] = sizes;
  const sum = total(sizes);
  if (!(first + second < rules.dominanceShare * sum)) return "dominance";
  return sum - first - second >= (rules.pPercent / 100) * first ? "pass" : "p-percent";
}

function isUnsafe(nets: readonly Nets[], rules: Rules): boolean {
  return nets.some((one) => distinct(one) < rules.minOwners || sharesVerdict(one, rules) !== "pass");
}

interface Judged {
  readonly atom: Atom;
  readonly shares: readonly Share[];
  readonly nets: readonly Nets[];
  readonly base: Verdict;
}

function baseVerdict(nets: readonly Nets[], shares: readonly Share[], rules: Rules): Verdict {
  if (nets.some((one) => distinct(one) < rules.minOwners)) return "owners";
  if (!shares.every((share) => Number.isFinite(share.m))) return "non-finite";
  const verdicts = nets.map((one) => sharesVerdict(one, rules));
  return (["dominance", "p-percent"] as const).find((verdict) => verdicts.includes(verdict)) ?? "pass";
}

/** Base of a sum: totals of one base can be subtracted from each other. Counts of every kind are one. */
function baseOf(atom: Atom, relation: Relation): string {
  if (atom.factors.length === 0) return "count";
  const named = (factor: Expr): string =>
    factor.k === "col"
      ? columnOf(relation, factor).base
      : keyOf(factor, { ...relation, columns: relation.columns.map((column) => ({ ...column, id: column.base })) });
  return atom.factors.map(named).toSorted().join(" * ");
}

const same = (a: readonly string[], b: readonly string[]): boolean => a.join("\n") === b.join("\n");

/** One condition is the other's denial, or each asks the same text for another word: they share no row. */
function excludes(a: Atom, b: Atom, relation: Relation): boolean {
  const denial = (p: Expr, q: Expr): boolean =>
    (q.k === "not" || q.k === "else") && keyOf(q.arg, relation) === keyOf(p, relation);
  const words = (p: Expr, q: Expr): boolean =>
    p.k === "cmp" &&
    q.k === "cmp" &&
    p.op === "=" &&
    q.op === "=" &&
    p.right.k === "lit" &&
    q.right.k === "lit" &&
    typeof p.right.value === "string" &&
    p.right.date === undefined &&
    typeof q.right.value === "string" &&
    p.right.value !== q.right.value &&
    keyOf(p.left, relation) === keyOf(q.left, relation);
  return a.conditions.some((p) => b.conditions.some((q) => denial(p, q) || denial(q, p) || words(p, q)));
}

function tellsByFactor(atom: Atom, relation: Relation): boolean {
  return atom.factors.some((factor) => {
    if (factor.k !== "col") return false;
    const column = columnOf(relation, factor);
    return column.tells || column.chosen || relation.outer.has(column.source);
  });
}

function inside(part: Judged, whole: Judged): boolean {
  const rows = new Set(whole.shares.map((share) => share.row));
  return part.shares.every((share) => rows.has(share.row));
}

function beyond(whole: Judged, part: Judged): readonly Share[] {
  const rows = new Set(part.shares.map((share) => share.row));
  return whole.shares.filter((share) => !rows.has(share.row));
}

/** The rules of one release, read off its rows. */
export class Judge {
  readonly #relation: Relation;
  readonly #rules: Rules;

  constructor(relation: Relation, rules: Rules) {
    this.#relation = relation;
    this.#rules = rules;
  }

  /** Verdicts of the atoms of one cell, given the rows that count in each. */
  verdicts(atoms: readonly Atom[], shares: readonly (readonly Share[])[]): readonly Verdict[] {
    const owners = this.#relation.owners.map((_ids, at) => at);
    const judged = atoms.map((atom, at): Judged => {
      const own = shares[at] ?? [];
      const nets = owners.map((owner) => netsOf(atom, own, owner));
      return { atom, shares: own, nets, base: baseVerdict(nets, own, this.#rules) };
    });
    return judged.map((part, at) => {
      if (part.base !== "pass") return part.base;
      const others = judged.filter((whole) => whole !== part && whole.base === "pass");
      if (others.some((whole) => this.#isFull(part, whole))) return "full";
      if (others.some((whole) => this.#isRest(part, whole))) return "complement";
      const earlier = judged.slice(0, at).filter((left) => left.base === "pass");
      return earlier.some((left) => this.#isDifference(left, part)) ? "complement" : "pass";
    });
  }

  /** Both are of one base and add up the same, so that rows alone are between them. */
  #byRows(a: Atom, b: Atom): boolean {
    return (
      baseOf(a, this.#relation) === baseOf(b, this.#relation) &&
      same(a.factorKeys, b.factorKeys) &&
      !same(a.conditionKeys, b.conditionKeys) &&
      !excludes(a, b, this.#relation)
    );
  }

  /** The part asks more, lies inside, and holds every owner of the whole: it says so of each of them. */
  #isFull(part: Judged, whole: Judged): boolean {
    const has = new Set([...whole.atom.conditionKeys, ...this.#relation.given]);
    const sources = whole.atom.factors.flatMap((factor) => (factor.k === "col" ? [columnOf(this.#relation, factor).source] : []));
    const isThereAnyway = (condition: Expr): boolean =>
      condition.k === "null" &&
      condition.negated &&
      condition.arg.k === "col" &&
      sources.includes(columnOf(this.#relation, condition.arg).source);
    const asksMore = part.atom.conditions.some(
      (condition) =>
        !has.has(keyOf(condition, this.#relation)) && isTelling(condition, this.#relation) && !isThereAnyway(condition),
    );
    if (!asksMore) return false;
    const adds = whole.atom.conditionKeys.every((key) => part.atom.conditionKeys.includes(key));
    if (!adds && !(this.#byRows(part.atom, whole.atom) && inside(part, whole))) return false;
    return part.nets.some((nets, at) => distinct(nets) === distinct(whole.nets[at] ?? new Map()));
  }

  /** The part lies inside, and what the whole has beyond it is unsafe. */
  #isRest(part: Judged, whole: Judged): boolean {
    if (!this.#byRows(part.atom, whole.atom) || !inside(part, whole)) return false;
    const rest = beyond(whole, part);
    const nets = this.#relation.owners.map((_ids, owner) => netsOf(whole.atom, rest, owner));
    return rest.length > 0 && isUnsafe(nets, this.#rules);
  }

  /** What the owners bring to one more than to the other is unsafe. */
  #isDifference(left: Judged, right: Judged): boolean {
    const [a, b] = [left.atom, right.atom];
    if (baseOf(a, this.#relation) !== baseOf(b, this.#relation)) return false;
    const counts = a.factors.length === 0 || b.factors.length === 0;
    const differ = !same(a.factorKeys, b.factorKeys);
    if (!counts && !differ) return false;
    if (counts && !differ && excludes(a, b, this.#relation)) return false;
    const rank = (atom: Atom): number => (atom.factors.length > 0 ? 2 : atom.owner === undefined ? 1 : 0);
    if (counts && rank(a) === rank(b) && rank(a) !== 0) return false;
    if (a.owner !== undefined && b.owner !== undefined && a.owner !== b.owner) return false;
    const differences = left.nets.map((nets, at) => differenceOf(nets, right.nets[at] ?? new Map()));
    const tells = [a, b].some((atom) => tellsByFactor(atom, this.#relation));
    // Owners who bring the same to both say nothing by it, unless one of the two asks what the other does not.
    const judged = tells ? differences : differences.filter((nets) => nets.size > 0);
    if (!counts) return isUnsafe(judged, this.#rules);
    const counted = differences[a.owner ?? b.owner ?? 0] ?? new Map<Owner, number>();
    return this.#numbersTell(judged, counted, rank(a) - rank(b));
  }

  /** Numbers of owners and rows: only where one holds all of the other. `more`: which of them counts several rows of an owner. */
  #numbersTell(differences: readonly Nets[], counted: Nets, more: number): boolean {
    const nets = [...counted.values()];
    const unsafe = isUnsafe(differences, this.#rules);
    const shares = differences.some((one) => sharesVerdict(one, this.#rules) !== "pass");
    const leftMore = nets.every((net) => net >= 0);
    const rightMore = nets.every((net) => net <= 0);
    const judge = (isMore: boolean, countsRows: boolean): boolean => isMore && (countsRows ? shares : unsafe);
    return judge(leftMore, more > 0) || judge(rightMore, more < 0);
  }
}

function differenceOf(left: Nets, right: Nets): Nets {
  const owners = new Set([...left.keys(), ...right.keys()]);
  const nets = [...owners].map((owner) => {
    const [a, b] = [left.get(owner) ?? 0, right.get(owner) ?? 0];
    return [owner, Math.abs(a - b) > 1e-9 * (Math.abs(a) + Math.abs(b)) ? a - b : 0] as const;
  });
  return new Map(nets.filter(([, net]) => net !== 0));
}
