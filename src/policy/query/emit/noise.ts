import { cumulative, pTable } from "../noise/p-table.ts";
import type { Atom } from "../release/model.ts";
import type { Bound } from "../resolve/field.ts";
import { stickyMargin } from "../rules.ts";
import { foldName } from "../schema.ts";
import { hiddenTables } from "../shadow-ddl.ts";
import { basesOf, counts } from "../subject/bases.ts";
import { quoteIdentifier as q } from "./identifier.ts";

// `cell-key`: every figure that passes is moved by sticky noise. The noise is a function of the family's secret, the key
// of the figure (record keys of its rows' owners), its base column and its exact value: the same data give the same figure
// however they are asked for, and any change of the data draws anew.

/** Changes of −5.5 … 5.5 steps with a standard deviation of √(3 + 1/12) = 1.76: D = 5, V = 3, counts of 1 and 2 blocked (`facts/standards.md` §4.2: D ≥ 3 … 5 with js = 2). */
export const noiseRule = Object.freeze({ most: 5, variance: 3, blocked: 2 });

/** Owners beyond k that a cell may need: which of 0 … `stickyMargin` is sticky. */
export const marginSteps = stickyMargin + 1;

const table = pTable(noiseRule);

/** Name of the level with the secret and the perturbation table, of one row. */
export const noiseLevel = "__n";

/** Functions that the noise uses. */
export const noiseFunctions = [
  "list_value",
  "list_append",
  "list_sort",
  "list_position",
  "sha256",
  "substr",
  "floor",
  "least",
  "greatest",
  "round",
  "format",
  "||",
  "array_extract",
  "nullif",
  "log10",
  "min",
  "string_agg",
];

const listOf = (items: readonly string[]): string => `[${items.join(", ")}]`;

/** One row: the secret of the stored tables whose rows are counted, and the table of changes. */
export function noiseLevelSql(tables: readonly string[]): string {
  const names = [...new Set(tables.map(foldName))].map((name) => `'${name.replaceAll("'", "''")}'`);
  const rows = table.map((row) => listOf([0, ...cumulative(row), 1].map((p) => `${p}e0`)));
  const secret = `(SELECT min("key") FROM ${q(hiddenTables.noise)} WHERE "table" IN (${names.join(", ")}))`;
  return `SELECT ${secret} AS "secret", ${listOf(rows)} AS "table"`;
}

/** What is summed, whatever the agreement calls its table: counts of rows, of owners and totals of counts are one. */
function baseName({ factors }: Pick<Atom, "factors">): string {
  const bases = factors.length === 0 ? [counts] : basesOf(factors);
  const names = new Set(bases.map((base) => base.replace(/(^|[ (])[^ .()]+\./g, "$1")));
  return [...names].sort((a, b) => (a < b ? -1 : 1)).join(" | ");
}

/** A number in [0, 1) that hangs on the secret, the figure's key and what is drawn; NULL without a secret. */
function uniform(what: string, parts: readonly string[]): string {
  const text = [`${q(noiseLevel)}."secret"`, `'|${what.replaceAll("'", "''")}'`, ...parts.flatMap((part) => ["'|'", part])].join(
    " || ",
  );
  return `(CAST(CAST('0x' || substr(sha256(${text}), 1, 13) AS BIGINT) AS DOUBLE) / 4503599627370496e0)`;
}

/** Which of 0 … 3 owners more than k a cell needs; NULL without a secret, which no number reaches. */
export function marginSql(key: string): string {
  return `CAST(floor(${marginSteps}e0 * ${uniform("margin", [`CAST(${key} AS VARCHAR)`])}) AS INTEGER)`;
}

export interface Figure {
  /** Sum of record keys. */
  readonly key: string;
  /** Exact value. */
  readonly value: string;
  /** Greatest contribution of one owner: what one step of the noise is worth. */
  readonly scale: string;
  /** Σ|contributions|: how many such steps there are. */
  readonly total: string;
}

const last = table.length;
/** Rows of the table between which a number of steps lies. */
const lowerRow = (steps: string): string => `CAST(least(floor(${steps}), ${last}e0) AS BIGINT)`;
const upperRow = (steps: string): string => `CAST(least(floor(${steps}) + 1e0, ${last}e0) AS BIGINT)`;
const rowOf = (row: string): string => `${q(noiseLevel)}."table"[${row}]`;

/** Place of the upper end of the interval that a number of [0, 1) falls into, among the ends of a row. */
function placeSql(u: string, row: string): string {
  return `greatest(list_position(list_sort(list_append(${rowOf(row)}, ${u})), ${u}), 2)`;
}

/**
 * The change that a row gives: its probabilities spread evenly from half a step below each whole change to half a step above. A
 * change of whole steps would leave the figure exact modulo the step, which is one owner's contribution.
 */
function changeIn(u: string, row: string, place: string): string {
  const [below, above] = [`${rowOf(row)}[${place} - 1]`, `${rowOf(row)}[${place}]`];
  return `((CAST(${place} AS DOUBLE) - ${noiseRule.most + 2.5}e0) + ((${u} - ${below}) / nullif(${above} - ${below}, 0e0)))`;
}

/** The change in steps, between the rows of the table for fewer and for more steps, in proportion. */
function changeSql(u: string, steps: string, lower: string, upper: string): string {
  const part = `(${steps} - floor(${steps}))`;
  const [low, high] = [changeIn(u, lowerRow(steps), lower), changeIn(u, upperRow(steps), upper)];
  return `CASE WHEN ${u} IS NOT NULL THEN (((1e0 - ${part}) * ${low}) + (${part} * ${high})) END`;
}

/** Columns of a passed cell that its noise is drawn from: its key, the worth of one step, how many steps there are. */
export function drawnFrom(id: string): { readonly key: string; readonly scale: string; readonly total: string } {
  return { key: `${id}_dk`, scale: `${id}_ds`, total: `${id}_dt` };
}

/** The draw of an atom and its number of steps, each computed once and used several times. */
export function drawSql(atom: Atom): readonly { readonly sql: string; readonly name: string }[] {
  const { key, scale, total } = drawnFrom(atom.id);
  // Steps of another size are another draw: two figures moved by the same number of different steps give both away.
  const numbers = [`${atom.id}_value`, scale].map((number) => `format('{:.9e}', (CAST(${q(number)} AS DOUBLE) + 0e0))`);
  const u = uniform(baseName(atom), [`CAST(${q(key)} AS VARCHAR)`, ...numbers]);
  return [
    { sql: u, name: `${atom.id}_du` },
    { sql: `(${q(total)} / nullif(${q(scale)}, 0e0))`, name: `${atom.id}_dn` },
  ];
}

/** Where the draw falls in the two rows of the table. */
export function placesSql({ id }: Atom): readonly { readonly sql: string; readonly name: string }[] {
  const [u, steps] = [q(`${id}_du`), q(`${id}_dn`)];
  return [
    { sql: placeSql(u, lowerRow(steps)), name: `${id}_dl` },
    { sql: placeSql(u, upperRow(steps)), name: `${id}_dh` },
  ];
}

/** The figure as it is shown: counts, and totals of counts, stay whole numbers. */
export function shownSql(atom: Atom): string {
  const { id, aggregate } = atom;
  const scale = q(drawnFrom(id).scale);
  const drawn = changeSql(q(`${id}_du`), q(`${id}_dn`), q(`${id}_dl`), q(`${id}_dh`));
  const moved = `(CAST(${q(`${id}_value`)} AS DOUBLE) + (${scale} * coalesce(${drawn}, CASE WHEN ${scale} = 0e0 THEN 0e0 END)))`;
  if (aggregate !== "sum") return `CAST(round(${moved}) AS BIGINT)`;
  return baseName(atom) === counts ? `round(${moved})` : moved;
}

/** By how many owners a point of a distribution moves: a function of its rows' owners, its measure, its share and where it is. */
export function pointChangeSql(of: Bound, share: string, { key, value, scale, total }: Figure): string {
  const what = `point ${share} of ${baseName({ factors: [of] })}`;
  const u = uniform(what, [`CAST(${key} AS VARCHAR)`, `format('{:.9e}', (${value} + 0e0))`]);
  const steps = `(${total} / nullif(${scale}, 0e0))`;
  return changeSql(u, steps, placeSql(u, lowerRow(steps)), placeSql(u, upperRow(steps)));
}
