import { type AgreementSchema, foldName } from "../schema.ts";
import { unlistedAdvice } from "./unlisted-advice.ts";

/** Single letters to change, add or leave out between two words (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_unused, i) => i);
  for (const [i, letter] of Array.from(a).entries()) {
    let before = i + 1;
    const above = row.slice(1);
    const diagonal = row.slice(0, -1);
    const next = [before];
    for (const [j, other] of Array.from(b).entries()) {
      before = Math.min(before, Number(above[j]), Number(diagonal[j]) - (letter === other ? 1 : 0)) + 1;
      next.push(before);
    }
    row = next;
  }
  return Number(row.at(-1));
}

/** A name longer than this is no misspelt one; it bounds the work too. */
const longest = 63;
const mostTables = 10;

function nearest(name: string, among: readonly string[]): string | undefined {
  const allowed = Math.min(2, Math.floor(name.length / 3));
  const near = among
    .map((candidate) => ({ candidate, far: distance(foldName(name), foldName(candidate)) }))
    .filter(({ far }) => far <= allowed)
    .sort((a, b) => a.far - b.far);
  return near[0]?.candidate;
}

/**
 * For a name that means nothing, from the schema that the caller may see: the nearest one of it, or what tables there are.
 * A name outside the agreement gets what any other word gets.
 */
export function nameAdvice(name: string, schema: AgreementSchema): string {
  const word = name.slice(name.lastIndexOf(".") + 1);
  const known = unlistedAdvice(foldName(word));
  if (known !== undefined) return known;
  const tables = schema.tables.map((table) => table.name);
  const columns = schema.tables.flatMap((table) => table.columns.map((column) => column.name));
  const near = word.length > longest ? undefined : nearest(word, [...tables, ...columns]);
  if (near !== undefined) return `Perhaps ${near} is meant: it is in the agreement's schema.`;
  if (tables.length > mostTables) return "Look the names up in the agreement's schema.";
  return `The tables here are ${tables.join(", ")}; their columns are in the agreement's schema.`;
}
