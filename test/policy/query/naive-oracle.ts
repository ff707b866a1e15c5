/** A second, naive reading of the rules: explicit rows and owner sets, nothing shared with the compiler. */
export interface Row {
  readonly owner: string | null;
  readonly other: string | null;
  readonly g: string;
  readonly flag: string | null;
  readonly x: number | null;
}

export interface Condition {
  readonly text: string;
  readonly telling: boolean;
  readonly holds: (row: Row) => boolean;
}

export interface OracleAtom {
  readonly base: "count" | "owners" | "x";
  readonly conditions: readonly Condition[];
}

export interface OracleRules {
  readonly minOwners: number;
  readonly dominanceShare: number;
  readonly pPercent: number;
}

export const atomKey = (atom: OracleAtom): string =>
  [atom.base, ...new Set(atom.conditions.map((c) => c.text))].sort((a, b) => (a < b ? -1 : 1)).join(" & ");

type OwnerOf = (row: Row) => string | null;

function rowsOf(atom: OracleAtom, rows: readonly Row[]): readonly Row[] {
  return rows.filter(
    (row) =>
      atom.conditions.every((c) => c.holds(row)) &&
      (atom.base !== "x" || row.x !== null) &&
      (atom.base !== "owners" || row.owner !== null),
  );
}

function nets(atom: OracleAtom, rows: readonly Row[], ownerOf: OwnerOf): number[] {
  const byOwner = new Map<string | null, number>();
  for (const row of rows) {
    const own = atom.base === "x" ? (row.x ?? 0) : 1;
    byOwner.set(ownerOf(row), (byOwner.get(ownerOf(row)) ?? 0) + own);
  }
  return [...byOwner.values()].map((net) => Math.abs(net)).sort((a, b) => b - a);
}

function verdictOf(atom: OracleAtom, rows: readonly Row[], owners: readonly OwnerOf[], rules: OracleRules): string {
  const tests = owners.map((ownerOf, i): string => {
    const distinct = new Set(rows.map(ownerOf).filter((owner) => owner !== null)).size;
    const counted = atom.base === "owners" && i === 0;
    const sizes = counted ? Array.from({ length: distinct }, () => 1) : nets(atom, rows, ownerOf);
    const total = sizes.reduce((sum, net) => sum + net, 0);
    const [first = 0, second = 0] = sizes;
    if (distinct < rules.minOwners) return "owners";
    if (!(first + second < rules.dominanceShare * total)) return "dominance";
    return total - first - second >= (rules.pPercent / 100) * first ? "pass" : "p-percent";
  });
  return ["owners", "dominance", "p-percent"].find((verdict) => tests.includes(verdict)) ?? "pass";
}

/** Verdict and value of every atom of one cell. */
export function judge(
  atoms: readonly OracleAtom[],
  rows: readonly Row[],
  owners: readonly OwnerOf[],
  rules: OracleRules,
): Map<string, { verdict: string; value: number }> {
  const cells = atoms.map((atom) => ({ atom, key: atomKey(atom), rows: rowsOf(atom, rows) }));
  const base = new Map(cells.map((cell) => [cell.key, verdictOf(cell.atom, cell.rows, owners, rules)]));
  const distinct = (set: readonly Row[], ownerOf: OwnerOf): number =>
    new Set(set.map(ownerOf).filter((owner) => owner !== null)).size;
  return new Map(
    cells.map((part) => {
      const value =
        part.atom.base === "x"
          ? part.rows.reduce((sum, row) => sum + (row.x ?? 0), 0)
          : part.atom.base === "owners"
            ? distinct(part.rows, owners[0] ?? ((row) => row.owner))
            : part.rows.length;
      let verdict = base.get(part.key) ?? "owners";
      for (const whole of cells) {
        if (verdict !== "pass" || whole === part || base.get(whole.key) !== "pass") continue;
        const texts = new Set(whole.atom.conditions.map((c) => c.text));
        const own = new Set(part.atom.conditions.map((c) => c.text));
        const added = part.atom.conditions.filter((c) => !texts.has(c.text));
        const sameBase = (whole.atom.base === "x") === (part.atom.base === "x");
        const inside =
          [...texts].every((text) => own.has(text)) || (sameBase && part.rows.every((row) => whole.rows.includes(row)));
        if (
          inside &&
          added.some((c) => c.telling) &&
          owners.some((ownerOf) => distinct(part.rows, ownerOf) === distinct(whole.rows, ownerOf))
        )
          verdict = "full";
      }
      for (const whole of cells) {
        const sameBase = (whole.atom.base === "x") === (part.atom.base === "x");
        const same = atomKey({ ...whole.atom, base: "count" }) === atomKey({ ...part.atom, base: "count" });
        if (verdict !== "pass" || !sameBase || same || base.get(whole.key) !== "pass") continue;
        const beyond = whole.rows.filter((row) => !part.rows.includes(row));
        const inside = part.rows.every((row) => whole.rows.includes(row));
        if (inside && beyond.length > 0 && verdictOf(whole.atom, beyond, owners, rules) !== "pass") verdict = "complement";
      }
      // Numbers of owners, or of owners and rows: what each owner brings to the earlier more than to the later.
      for (const whole of cells.slice(0, cells.indexOf(part))) {
        const counted = [whole.atom.base, part.atom.base];
        if (verdict !== "pass" || counted.includes("x") || !counted.includes("owners")) continue;
        if (base.get(whole.key) !== "pass" || excluded(whole.atom, part.atom)) continue;
        if (numbersBetray(whole, part, owners, rules)) verdict = "complement";
      }
      return [part.key, { verdict, value }];
    }),
  );
}

/** The test's conditions are texts, of which only a condition and its denial, and different letters, exclude each other. */
function excluded(a: OracleAtom, b: OracleAtom): boolean {
  const denied = (c: Condition): string => `(${c.text}) IS NOT TRUE`;
  return a.conditions.some((p) => b.conditions.some((q) => denied(p) === q.text || denied(q) === p.text));
}

interface Counted {
  readonly atom: OracleAtom;
  readonly rows: readonly Row[];
}

function numbersBetray(whole: Counted, part: Counted, owners: readonly OwnerOf[], rules: OracleRules): boolean {
  const tests = owners.map((ownerOf, i) => {
    const bring = ({ atom, rows }: Counted, owner: string | null): number => {
      const own = rows.filter((row) => ownerOf(row) === owner).length;
      return atom.base === "owners" && i === 0 ? Math.min(own, 1) : own;
    };
    const all = [...new Set([...whole.rows, ...part.rows].map(ownerOf))];
    return all.map((owner) => ({ owner, net: bring(whole, owner) - bring(part, owner) })).filter(({ net }) => net !== 0);
  });
  const [first = []] = tests;
  if (first.length === 0) return false;
  const [wholeMore, partMore] = [first.every(({ net }) => net > 0), first.every(({ net }) => net < 0)];
  const many = whole.atom.base === part.atom.base ? undefined : whole.atom.base === "count" ? wholeMore : partMore;
  if (!wholeMore && !partMore) return false;
  return tests.some((nets) => {
    const sizes = nets.map(({ net }) => Math.abs(net)).sort((a, b) => b - a);
    const [top = 0, second = 0] = sizes;
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const few = nets.filter(({ owner }) => owner !== null).length < rules.minOwners;
    if (many !== true && few) return true;
    return !(top + second < rules.dominanceShare * total) || total - top - second < (rules.pPercent / 100) * top;
  });
}
