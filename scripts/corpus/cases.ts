import { readFile } from "node:fs/promises";

/** What the corpus says must become of an attack; honest statements say nothing and must be accepted. */
export const expectations = ["reject", "block-export", "suppress", "allow-with-noise"] as const;
export type Expectation = (typeof expectations)[number];

export interface CorpusCase {
  readonly id: string;
  /** Class of the attack, or topic of the honest statement. */
  readonly class: string;
  /** Undefined: an honest statement. */
  readonly expect: Expectation | undefined;
  /** Statements in the order of submission; one for most cases. */
  readonly steps: readonly string[];
  /** Place of the first step that may be stopped, from 0. */
  readonly stopAt: number | undefined;
  /** The same for agreements in `exact`, where only sequences that tell without noise are judged. */
  readonly exactStopAt: number | undefined;
  /** Judged only under this protection. */
  readonly mode: string | undefined;
  /** Steps that another account of the operator sends, from 0. */
  readonly byAnother: readonly number[];
}

/** A corpus file that is not what the README of the corpus describes. */
export class CorpusFileError extends Error {
  override readonly name = "CorpusFileError";
}

type Fields = Readonly<Record<string, unknown>>;

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

function placeOf(fields: Fields, name: string, steps: number): number | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value >= steps)
    throw new CorpusFileError(`${String(fields["id"])}: ${name} names no step`);
  return value;
}

function expectationOf(fields: Fields): Expectation | undefined {
  const { expect } = fields;
  if (expect === undefined) return undefined;
  const known = expectations.find((one) => one === expect);
  // An unknown word could be a stricter rule than those that are judged: nothing may pass under it.
  if (known === undefined) throw new CorpusFileError(`${String(fields["id"])}: unknown expectation ${String(expect)}`);
  return known;
}

/** One case as the corpus writes it, in canonical form. */
export function readCase(value: unknown): CorpusCase {
  const fields = (typeof value === "object" && value !== null ? value : {}) as Fields;
  const { id, sql, sequence, mode, note } = fields;
  if (!isText(id)) throw new CorpusFileError("a case without an id");
  const steps = Array.isArray(sequence) ? sequence : [sql];
  if (steps.length === 0 || !steps.every(isText)) throw new CorpusFileError(`${id}: neither sql nor a sequence of statements`);
  const another = /step (\d+) is sent by another account/.exec(isText(note) ? note : "")?.[1];
  return {
    id,
    class: String(fields["class"] ?? fields["topic"] ?? ""),
    expect: expectationOf(fields),
    steps,
    stopAt: placeOf(fields, "stop_at", steps.length),
    exactStopAt: placeOf(fields, "exact_stop_at", steps.length),
    mode: isText(mode) ? mode : undefined,
    byAnother: another === undefined ? [] : [Number(another) - 1],
  };
}

export async function readCases(files: readonly string[]): Promise<readonly CorpusCase[]> {
  const cases: CorpusCase[] = [];
  for (const file of files) {
    const list: unknown = JSON.parse(await readFile(file, "utf8"));
    if (!Array.isArray(list)) throw new CorpusFileError(`${file} holds no list of cases`);
    cases.push(...list.map(readCase));
  }
  const ids = new Set<string>();
  for (const { id } of cases) {
    if (ids.has(id)) throw new CorpusFileError(`${id} stands twice`);
    ids.add(id);
  }
  return cases;
}
