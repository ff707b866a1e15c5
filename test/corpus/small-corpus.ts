import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";
import { openReference, type Reference } from "../../scripts/corpus/reference/reference.ts";

interface District {
  readonly name: string;
  readonly men: number;
  readonly women: number;
}

/** A and B are large, C has four people: fewer than ten. */
export const districts: readonly District[] = [
  { name: "A", men: 20, women: 20 },
  { name: "B", men: 15, women: 12 },
  { name: "C", men: 2, women: 2 },
];

function personCsv(): string {
  let number = 0;
  const lines = districts.flatMap(({ name, men, women }) =>
    Array.from({ length: men + women }, (_unused, at) => {
      const id = `P${String(number++).padStart(3, "0")}`;
      return `${id},name${id},130${id},${1950 + (at % 30)}-06-01,${at < men ? "M" : "F"},${name},${10_000 + 100 * at}`;
    }),
  );
  return `id_card,name,phone,birth_date,gender,district,income\n${lines.join("\n")}\n`;
}

/** Everybody has two visits to H1; P000 has forty more, and the first three a B20. */
function visitCsv(): string {
  const people = districts.reduce((sum, { men, women }) => sum + men + women, 0);
  let number = 100;
  const visit = (person: number, icd10: string): string =>
    `${number++},P${String(person).padStart(3, "0")},H1,${icd10},2024-0${1 + (number % 6)}-10,${100 + (number % 7)}`;
  const lines = Array.from({ length: people }, (_unused, person) => [
    visit(person, "I10"),
    visit(person, person < 3 ? "B20" : "E11"),
  ]).flat();
  const frequent = Array.from({ length: 40 }, () => visit(0, "M54"));
  return `visit_id,id_card,hospital,icd10,visit_date,cost\n${[...lines, ...frequent].join("\n")}\n`;
}

/** Twenty steel works of which one pays nearly everything, and twenty mills alike. */
function enterpriseCsv(): string {
  const lines = Array.from({ length: 40 }, (_unused, at) => {
    const steel = at < 20;
    return `U${at},firm${at},${steel ? "steel" : "flour"},A,${at === 0 ? 9_000_000 : 1000 + at},${10 + at}`;
  });
  return `uscc,name,industry,district,tax,employees\n${lines.join("\n")}\n`;
}

/** The reference over a corpus small enough to count by hand. */
export async function smallReference(t: Test): Promise<Reference> {
  const folder = await mkdtemp(join(tmpdir(), "hg-small-corpus-"));
  await writeFile(join(folder, "person.csv"), personCsv());
  await writeFile(join(folder, "visit.csv"), visitCsv());
  await writeFile(join(folder, "enterprise.csv"), enterpriseCsv());
  const reference = await openReference(folder);
  t.teardown(async () => {
    reference.close();
    await rm(folder, { recursive: true, force: true });
  });
  return reference;
}
