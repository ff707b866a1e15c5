import { join } from "node:path";
import t from "tap";
import {
  type AgreementSchema,
  compileQuery,
  hiddenTables,
  platformFloor,
  recordKeyColumn,
  sealPlan,
  shadowDdl,
} from "../../src/policy/index.ts";
import { ingestPersons, personHeader, runLimits, startEngine } from "./engine-fixture.ts";

const schema: AgreementSchema = {
  tables: [
    {
      name: "person",
      grade: "protected",
      subjects: [{ kind: "person", column: "id_card", unique: true }],
      columns: [
        { name: "id_card", type: "VARCHAR", role: "identifier" },
        { name: "county", type: "VARCHAR", role: "quasi-identifier" },
        { name: "income", type: "DECIMAL(12,2)", role: "measure", grid: 1000 },
      ],
    },
  ],
};

t.test(
  "a file, a provision and a sealed plan: the small county is absent from the result, its verdict in the evidence",
  async (t) => {
    const { engine, dataDir } = await startEngine(t);
    let file = personHeader;
    for (let at = 0; at < 60; at++) file += `p${at},${at < 3 ? "hamlet" : at < 30 ? "north" : "south"},,${1000 + at}.25,\n`;
    const loaded = await ingestPersons(engine, join(dataDir, "v"), file);
    if (loaded.kind !== "ingested") throw new Error(JSON.stringify(loaded));
    const database = join(dataDir, "agreement.duckdb");
    const provisioned = await engine.provision({
      output: database,
      hidden: hiddenTables,
      surrogateKey: Buffer.alloc(32, 1),
      tables: [
        {
          name: "person",
          files: loaded.files.map(({ path }) => path),
          columns: [
            { name: "id_card", type: "VARCHAR", as: "surrogate", kind: "person" },
            { name: "county", type: "VARCHAR", as: "plain" },
            { name: "income", type: "DECIMAL(12,2)", as: "plain" },
          ],
          rowFilter: [],
          recordKeys: [{ column: "id_card", kind: "person", hidden: recordKeyColumn("id_card") }],
          familySecret: Buffer.alloc(32, 2),
        },
      ],
    });
    t.match(provisioned, { kind: "provisioned", tables: [{ name: "person", rows: 60 }] });

    const sql = "SELECT county, count(*) AS people, sum(income) AS total FROM person GROUP BY county ORDER BY county";
    const parsed = await engine.compiler.parse({ ddl: shadowDdl(schema), sql });
    if (parsed.kind !== "parsed") throw new Error(JSON.stringify(parsed));
    t.equal(parsed.firewall.ok, true);
    const draft = compileQuery({ text: sql, ast: parsed.ast, boundColumns: parsed.columns, schema, rules: platformFloor });
    if (draft.kind === "refused") throw new Error(JSON.stringify(draft));
    const checked = await engine.compiler.check(draft.check);
    if (checked.kind === "rejected") throw new Error(JSON.stringify(checked));
    const plan = sealPlan(draft, checked);
    const answer = await engine.run({ plan, database, limits: runLimits }).done;
    if (answer.kind !== "done") throw new Error(JSON.stringify(answer));
    t.same(
      answer.columns.map(({ name }) => name),
      plan.columns.map(({ name }) => name),
    );
    t.same(
      answer.rows.map(([county, people]) => [county, Number(people)]),
      [
        ["north", 27],
        ["south", 30],
      ],
    );
    t.equal(answer.evidence.length, 1);
    t.match(JSON.stringify(answer.evidence[0]?.rows.find((row) => row.includes("hamlet"))), /owners/);

    const again = await engine.run({ plan, database, limits: runLimits }).done;
    t.same(again, answer, "a fresh worker re-derives the same");
  },
);
