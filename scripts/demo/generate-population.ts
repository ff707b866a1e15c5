import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type WrittenFile, writeCsv } from "./csv-file.ts";
import { DemoError } from "./demo-error.ts";
import { enterpriseHeader, enterpriseRows } from "./enterprises.ts";
import { personHeader, personRows } from "./people.ts";
import { createRegister } from "./register.ts";
import { visitHeader, visitRows } from "./visits.ts";

export interface PopulationRequest {
  readonly outDir: string;
  readonly seed?: string | undefined;
  readonly people?: number | undefined;
  readonly visits?: number | undefined;
  readonly enterprises?: number | undefined;
  /** Called every 10,000 rows and at the end of each file. */
  readonly onProgress?: ((progress: PopulationProgress) => void) | undefined;
}

export interface PopulationProgress {
  readonly table: "person" | "visit" | "enterprise";
  readonly rows: number;
  readonly of: number;
}

export interface Population {
  readonly person: WrittenFile;
  readonly visit: WrittenFile;
  readonly enterprise: WrittenFile;
}

const limits = { people: 20_000_000, visits: 500_000_000, enterprises: 1_000_000 } as const;
const defaults = { seed: "含光", people: 200_000, visits: 1_000_000, enterprises: 20_000 } as const;
const progressRows = 10_000;

/**
 * Writes person.csv, visit.csv and enterprise.csv of an invented Hebei: real county codes, valid
 * check digits, tiny villages, one outlier, one dominant enterprise. The same request gives the same
 * bytes. Nobody in it exists; an identity number that does is chance. Memory: some thirty bytes a person
 * and some buffers. Throws `DemoError`.
 */
export async function generatePopulation(request: PopulationRequest): Promise<Population> {
  const { outDir, seed = defaults.seed, people = defaults.people } = request;
  const { visits = defaults.visits, enterprises = defaults.enterprises } = request;
  checkCount("people", people);
  checkCount("visits", visits);
  checkCount("enterprises", enterprises);
  if (people === 0 && visits > 0) throw new DemoError("DEMO_ARGUMENT", "visits need people: ask for at least one person");
  await mkdir(outDir, { recursive: true }).catch((cause: unknown) => {
    throw new DemoError("DEMO_WRITE", `could not make the folder ${outDir}`, { cause });
  });
  const register = createRegister(people);
  const write = (table: PopulationProgress["table"], of: number, header: readonly string[], rows: Iterable<string>) =>
    writeCsv(
      join(outDir, `${table}.csv`),
      header,
      reporting(rows, (done) => request.onProgress?.({ table, rows: done, of })),
    );
  return {
    person: await write("person", people, personHeader, personRows(seed, people, register)),
    visit: await write("visit", visits, visitHeader, visitRows(seed, visits, register)),
    enterprise: await write("enterprise", enterprises, enterpriseHeader, enterpriseRows(seed, enterprises)),
  };
}

function checkCount(name: keyof typeof limits, count: number): void {
  if (!Number.isSafeInteger(count) || count < 0 || count > limits[name]) {
    throw new DemoError("DEMO_ARGUMENT", `${name} must be a whole number from 0 to ${limits[name]}, such as ${defaults[name]}`);
  }
}

function* reporting(rows: Iterable<string>, report: (done: number) => void): Generator<string> {
  let done = 0;
  for (const row of rows) {
    yield row;
    if (++done % progressRows === 0) report(done);
  }
  report(done);
}

async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ options: { "out-dir": text, seed: text, people: text, visits: text, enterprises: text } });
  const outDir = values["out-dir"];
  if (outDir === undefined) throw new DemoError("DEMO_ARGUMENT", "say where to: --out-dir data/demo");
  const count = (value: string | undefined) => (value === undefined ? undefined : Number(value));
  const population = await generatePopulation({
    outDir,
    seed: values.seed,
    people: count(values.people),
    visits: count(values.visits),
    enterprises: count(values.enterprises),
    onProgress: ({ table, rows, of }) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${table}.csv ${rows} of ${of} rows${rows === of ? "\n" : ""}`);
    },
  });
  process.stdout.write(`${JSON.stringify(population, undefined, 2)}\n`);
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    if (!(error instanceof DemoError)) throw error;
    process.stderr.write(`${error.code}: ${error.message}\n`);
    process.exitCode = 1;
  });
}
