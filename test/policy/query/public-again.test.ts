import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import t, { type Test } from "tap";
import { fillTables } from "../../../scripts/public-proof/data.ts";
import { prove } from "../../../scripts/public-proof/prove.ts";
import type { AgreementSchema } from "../../../src/policy/query/index.ts";
import { sampleSchema } from "./sample-schema.ts";

const folder = import.meta.dirname;
const corpus = join(folder, "../../../../shared/corpus");

/** Every table public: nothing has an owner any more, so the answer must be the engine's own. */
const schema: AgreementSchema = {
  tables: sampleSchema.tables.map(({ name, columns }) => ({
    name,
    grade: "public",
    subjects: [],
    columns: columns.map((column) => ({ name: column.name, type: column.type, role: "attribute" })),
  })),
};

/** All statements that stand as plain texts in the tests of governed SQL. */
function statementsOfTests(): readonly string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".test.ts") && !file.startsWith("public-"));
  const text = /"\(?(?:SELECT|WITH|FROM|PIVOT|UNPIVOT|VALUES)\b(?:[^"\\\n]|\\")*"/g;
  const texts = files.flatMap((file) => readFileSync(join(folder, file), "utf8").match(text) ?? []);
  // One test asks for a recursion without an end, which is refused over people only.
  const endless = /RECURSIVE a AS \(SELECT id_card/;
  return [...new Set(texts.map((one) => String(JSON.parse(one))))].filter((sql) => !endless.test(sql));
}

function statementsOf(file: string): readonly string[] {
  const cases: readonly { sql?: string; sequence?: readonly string[] }[] = JSON.parse(readFileSync(join(corpus, file), "utf8"));
  return cases.flatMap(({ sql, sequence }) => sequence ?? (sql === undefined ? [] : [sql]));
}

/** What no statement gets, whatever it asks: each is a reason of its own. */
const reasons =
  /not a SELECT|a test of column names by|SUMMARIZE|SHOW or DESCRIBE|takes rows by chance|, which takes|the function \w+: it |the table function \w+: it |the name (rowid|memory)|the type (TIME|VARIANT)|the collation|parameter|USING KEY|names no aggregate|a named argument of round|column that has no name|literal of type/;

async function allEqual(t: Test, statements: readonly string[]): Promise<void> {
  const connection = await (await DuckDBInstance.create(":memory:", { threads: "1" })).connect();
  t.teardown(() => connection.closeSync());
  await fillTables(connection, schema, folder, 60);
  let equal = 0;
  for (const sql of statements) {
    const { verdict, why } = await prove(connection, schema, sql);
    if (verdict.startsWith("equal")) equal += 1;
    else if (verdict === "refused") t.match(why, reasons, `${sql} → ${why}`);
    else t.equal(verdict, "invalid", `${sql} → ${why}`);
  }
  t.comment(`${equal} of ${statements.length} equal`);
  t.ok(equal * 2 > statements.length, "most statements are the engine's too");
}

t.test("every statement of the governed tests, over public tables, is answered as by the engine itself", async (t) => {
  await allEqual(t, statementsOfTests());
});

t.test(
  "so is every statement of the corpus, the attacks included",
  { skip: existsSync(corpus) ? false : "the corpus does not stand beside the repository" },
  async (t) => {
    await allEqual(t, [...statementsOf("legit.json"), ...statementsOf("attacks.json")]);
  },
);
