import type { Atom, OwnerExpr, ReleaseDraft } from "../release/model.ts";
import { leavesOf } from "../release/rows.ts";
import { type Bound, type Leaf, plainSubject, type SubjectField } from "../resolve/field.ts";
import { foldName, type SchemaSubject } from "../schema.ts";
import { hiddenTables } from "../shadow-ddl.ts";
import { conjunctsOf } from "../tree/make.ts";
import { typeFamily } from "../types.ts";
import { quoteIdentifier as q } from "./identifier.ts";

// How much one owner can bring at most, from what provisioning noted of each table (ADR 0026). A bound that cannot be had
// is undefined, and one that is not noted is NULL: both certify nothing.

/** Name of the level of one row with all bounds of a release. */
export const boundsLevel = "__b";

/** Bounds of a release: each is a column of `boundsLevel`, made once. */
export interface BoundsBook {
  /** Greatest number of rows of one owner. */
  rows(owner: OwnerExpr): string | undefined;
  /** Whether the schema says that no owner has two rows; the data must say so too, for rows without a key share one. */
  single(owner: OwnerExpr): boolean;
  /** Greatest Σ|m| of one owner. */
  total(atom: Atom, owner: OwnerExpr): string | undefined;
  /** Whether no m is below zero, as a condition. */
  nonNegative(atom: Atom, owner: OwnerExpr): string | undefined;
  /** Names of its columns so far. */
  names(): readonly string[];
  /** SELECT of the level. */
  level(): string;
}

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** The key of an owner in one stored table. */
function subjectIn(leaf: Leaf, owner: OwnerExpr): SchemaSubject | undefined {
  return owner.fields.find((field) => field.source === leaf.alias)?.subject;
}

/** Derived rows with one row per owner: grouped by the one key that they have. */
function isPerOwner({ derived }: Leaf): boolean {
  const keys = (derived?.columns ?? []).flatMap(({ field }) => (field.subject === undefined ? [] : [field.subject]));
  return derived?.groupBy !== undefined && derived.united === undefined && keys.length === 1 && keys[0]?.unique === true;
}

const place = (table: string, owner: string, by: string, measure: string): string =>
  [
    ["table", table],
    ["owner", owner],
    ["by", by],
    ["measure", measure],
  ]
    .map(([name = "", value = ""]) => `${q(name)} = ${text(foldName(value))}`)
    .join(" AND ");

const statistic = (figure: string, where: string): string => `(SELECT ${figure} FROM ${q(hiddenTables.profile)} WHERE ${where})`;

/** Powers of two, so that a refreshed table or another agreement seldom has another bound (and with it another draw). */
function noted(table: string, owner: string, by: readonly string[], measure: string): string {
  const all = ["", ...by].map((column) => {
    const most = statistic("max(most)", place(table, owner, column, measure));
    return `pow(2e0, ceil(log2(nullif(${most}, 0e0))))`;
  });
  return all.length === 1 ? all.join("") : `least(${all.join(", ")})`;
}

function leastOf(table: string, owner: string, measure: string): string {
  return statistic("min(least)", place(table, owner, "", measure));
}

/**
 * Columns of a table that are one value in a cell: plain group keys, and texts that every row equates with a text. Whatever the
 * engine would have to cast may be several values ('5' and '05' are one number).
 */
function fixedColumns({ keys, rows }: ReleaseDraft, { alias }: Leaf): readonly string[] {
  const equated = rows.conditions.flatMap(conjunctsOf).flatMap(equatedText);
  return [...keys.map((key) => key.expr), ...equated].flatMap((expr) => {
    const field = plainSubject(expr);
    return field?.source === alias && field.subject === undefined ? [field.column.name] : [];
  });
}

function equatedText(condition: Bound): readonly Bound[] {
  if (condition.kind !== "compare" || condition.op !== "=" || condition.right.kind !== "literal") return [];
  const field = plainSubject(condition.left);
  const texts = field !== undefined && typeFamily(field.column.type) === "text" && condition.right.value.type === "text";
  return texts ? [condition.left] : [];
}

export const boundsFunctions = ["floor", "isfinite", "least", "max", "min", "pow", "ceil", "log2", "nullif", "*"];

const one = "1e0";

export function createBounds(release: ReleaseDraft): BoundsBook {
  const { from } = release.rows;
  const columns = new Map<string, string>();
  const column = (sql: string): string => {
    const name = columns.get(sql) ?? `b${columns.size + 1}`;
    columns.set(sql, name);
    return `${q(boundsLevel)}.${q(name)}`;
  };
  const product = (parts: readonly (string | undefined)[]): string | undefined => {
    const known = parts.filter((part): part is string => part !== undefined);
    if (known.length < parts.length) return undefined;
    const factors = known.filter((part) => part !== one);
    return factors.length === 0 ? one : `(${factors.join(" * ")})`;
  };
  /** How many rows of a table stand beside one owner's: of whoever ties it. */
  const rowsOf = (leaf: Leaf, owner: OwnerExpr): string | undefined => {
    if (leaf.free !== undefined) return one;
    if (leaf.derived !== undefined) return isPerOwner(leaf) ? one : undefined;
    const own = subjectIn(leaf, owner) ?? (leaf.table.subjects.length === 1 ? leaf.table.subjects[0] : undefined);
    if (own === undefined) return undefined;
    return column(noted(leaf.table.name, own.column, fixedColumns(release, leaf), ""));
  };
  const leaves = leavesOf(from);
  const storedIn = (field: SubjectField, owner: OwnerExpr): readonly [Leaf, SchemaSubject] | undefined => {
    const leaf = leaves.find(({ alias }) => alias === field.source);
    const subject = leaf === undefined || leaf.derived !== undefined ? undefined : subjectIn(leaf, owner);
    return leaf === undefined || subject === undefined ? undefined : [leaf, subject];
  };
  const eachFactor = (
    atom: Atom,
    owner: OwnerExpr,
    of: (leaf: Leaf, subject: SchemaSubject, measure: string) => string,
  ): readonly (string | undefined)[] =>
    atom.factors.map((factor) => {
      const field = plainSubject(factor);
      const place = field === undefined ? undefined : storedIn(field, owner);
      return field === undefined || place === undefined ? undefined : of(...place, field.column.name);
    });
  // Rows that an outer join leaves without this owner may be any number: nothing of the stored tables bounds them.
  const rows = (owner: OwnerExpr): string | undefined =>
    owner.outer ? undefined : product(leaves.map((leaf) => rowsOf(leaf, owner)));
  return {
    rows,
    single: (owner) =>
      leaves.every((leaf) => leaf.free !== undefined || isPerOwner(leaf) || subjectIn(leaf, owner)?.unique === true),
    total(atom, owner) {
      if (atom.owner?.id === owner.id) return one;
      if (atom.factors.length === 0) return rows(owner);
      const [first] = atom.factors.flatMap((factor) => plainSubject(factor)?.source ?? []);
      const others = leaves.filter(({ alias }) => alias !== first).map((leaf) => rowsOf(leaf, owner));
      const factors = eachFactor(atom, owner, (leaf, subject, measure) =>
        column(noted(leaf.table.name, subject.column, fixedColumns(release, leaf), measure)),
      );
      return product([...factors, ...others]);
    },
    nonNegative(atom, owner) {
      const tests = eachFactor(
        atom,
        owner,
        (leaf, subject, measure) => `${column(leastOf(leaf.table.name, subject.column, measure))} >= 0e0`,
      );
      return tests.includes(undefined) ? undefined : tests.join(" AND ");
    },
    names: () => [...columns.values()],
    level: () => `SELECT ${[...columns].map(([sql, name]) => `${sql} AS ${q(name)}`).join(", ") || "1 AS one"}`,
  };
}
