import { corpusRules } from "../tables.ts";

/** One contribution to a cell: whose, from which record, and how much. */
export interface Contribution {
  readonly owners: readonly string[];
  readonly record: string;
  readonly amount: number;
}

/** What stands behind one atom of one figure, by record. */
export interface Cell {
  /** Cells of one base are figures about the same unknowns: they can be subtracted. */
  readonly base: string;
  readonly records: ReadonlyMap<string, Contribution>;
}

/** How the reference's SQL writes one row: `owner,owner;record;amount` (an owner may be empty). */
export function readContributions(text: string | null): readonly Contribution[] {
  if (text === null || text === "") return [];
  return text.split("\n").map((line) => {
    const [owners = "", record = "", amount = ""] = line.split(";");
    return { owners: owners.split(","), record, amount: Number(amount) };
  });
}

/** A record that stands in several rows contributes their sum. */
export function makeCell(base: string, contributions: readonly Contribution[]): Cell {
  const records = new Map<string, Contribution>();
  for (const one of contributions) {
    const before = records.get(one.record);
    records.set(one.record, before === undefined ? one : { ...one, amount: before.amount + one.amount });
  }
  return { base, records };
}

/**
 * Owner expressions of the rows. One that is nowhere another than a second one is that one: a join by the owner's key
 * makes two owners one, and a row without a partner, on whichever side it stands, has no second owner.
 */
function ownerPlaces(all: readonly Contribution[]): readonly number[] {
  const width = Math.max(0, ...all.map(({ owners }) => owners.length));
  const places = Array.from({ length: width }, (_unused, place) => place);
  const covers = (other: number, place: number): boolean =>
    all.every(({ owners }) => owners[place] === "" || owners[place] === owners[other]);
  return places.filter(
    (place) => !places.some((other) => other !== place && covers(other, place) && !(place < other && covers(place, other))),
  );
}

export type BrokenRule = "owners" | "dominance" | "p-percent" | "non-finite";

/** The first rule that a set of contributions breaks, for any of its owners; undefined: it may be shown. */
export function brokenRule(contributions: readonly Contribution[], perOwner: "sum" | "one" = "sum"): BrokenRule | undefined {
  if (contributions.some(({ amount }) => !Number.isFinite(amount))) return "non-finite";
  const places = ownerPlaces(contributions);
  if (places.length === 0) return "owners";
  for (const place of places) {
    const nets = new Map<string, number>();
    for (const { owners, amount } of contributions) {
      const owner = owners[place] ?? "";
      nets.set(owner, perOwner === "one" ? 1 : (nets.get(owner) ?? 0) + amount);
    }
    const distinct = nets.has("") ? nets.size - 1 : nets.size;
    if (distinct < corpusRules.minOwners) return "owners";
    const sizes = Array.from(nets.values(), Math.abs).sort((a, b) => b - a);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const [first = 0, second = 0] = sizes;
    if (!(first + second < corpusRules.dominanceShare * total)) return "dominance";
    if (total - first - second < (corpusRules.pPercent / 100) * first) return "p-percent";
  }
  return undefined;
}

/** What a cell is the sum of: where owners are counted, each of them once; else its records. */
export function unknownsOf({ base, records }: Cell): ReadonlyMap<string, Contribution> {
  if (base !== "owners") return records;
  return new Map(Array.from(records.values(), (one) => [one.owners[0] ?? "", { ...one, amount: 1 }]));
}

export const contributionsOf = (cell: Cell): readonly Contribution[] => [...cell.records.values()];

/** Distinct owners of the first owner expression. */
export function ownersOf(cell: Cell): ReadonlySet<string> {
  return new Set(contributionsOf(cell).flatMap(({ owners }) => owners.slice(0, 1)));
}
