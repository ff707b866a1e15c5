import t from "tap";
import { judgeLegit } from "../../../scripts/corpus/judge-legit.ts";
import { judgeSuppressed } from "../../../scripts/corpus/judge-suppressed.ts";
import { openReference } from "../../../scripts/corpus/reference/reference.ts";
import { corpusTables } from "../../../scripts/corpus/tables.ts";
import type { AgreementSchema } from "../../../src/policy/query/index.ts";
import { corpusFolder, openCorpus } from "../../policy/query/corpus-database.ts";
import { compileText, runPlan, sealText } from "../../policy/query/duckdb-harness.ts";
import { randomOwnedStatements } from "./random-owned-statement.ts";
import { randomStatements } from "./random-statement.ts";

const skip = corpusFolder === undefined ? "the corpus does not stand beside the repository" : false;
const list = (name: string, otherwise: readonly number[]): readonly number[] =>
  process.env[name]?.split(",").map(Number) ?? otherwise;

/** More seeds find more (`npm run fuzz:sql`); these are what a check of every commit can afford. */
const sources = [
  { name: "plain rows", make: randomStatements, seeds: list("HANGUANG_SEEDS", [7, 11, 13]), enough: 0.9 },
  // Totals, windows and outer joins are withheld more often than subtraction needs: a total per person asks more of it.
  { name: "per-owner rows", make: randomOwnedStatements, seeds: list("HANGUANG_SEEDS", [10, 21, 28]), enough: 0.7 },
];
const perSeed = 12;

const schema: AgreementSchema = {
  tables: corpusTables.map(({ name, subject, columns }) => ({
    name,
    grade: "protected",
    subjects: [subject],
    columns: columns.filter((column) => column.role !== "identifier" || column.name === subject.column),
  })),
};

for (const { name, make, seeds, enough } of sources)
  t.test(
    `whatever is asked, nothing is shown that an independent reading forbids: ${name}, seeds ${seeds}`,
    { skip },
    async (t) => {
      const [connection, reference] = [await openCorpus(), await openReference(corpusFolder ?? "")];
      t.teardown(() => {
        connection.closeSync();
        reference.close();
      });
      let [compiled, accepted] = [0, 0];
      for (const seed of seeds) {
        const next = make(seed);
        for (let at = 0; at < perSeed; at++) {
          const sql = next();
          const outcome = await compileText(sql, schema);
          if (outcome.kind !== "draft") continue;
          compiled++;
          const { rows } = await runPlan(await sealText(outcome.draft), connection);
          const derived = await reference.derive(sql);
          const { good, why } = judgeSuppressed(rows, derived);
          t.ok(good, `${sql}: ${why}`);
          if (judgeLegit({ kind: "done", columns: [], rows, verdict: undefined }, derived).good) accepted++;
        }
      }
      const asked = seeds.length * perSeed;
      t.ok(compiled > 0.9 * asked, `${compiled} of ${asked} statements are in the governed language`);
      // Counts of rows and of owners are held against each other, more strictly than subtraction needs.
      t.ok(accepted > enough * compiled, `${accepted} of ${compiled} show all that may be shown`);
    },
  );
