import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { RunAnswer } from "../../src/engine/index.ts";
import {
  type AgreementSchema,
  type GovernedPlan,
  platformFloor,
  type ReleaseRules,
  shadowDdlProvisioned,
} from "../../src/policy/index.ts";
import { bind, compileText, sealText } from "../policy/query/duckdb-harness.ts";

export type DoneAnswer = Extract<RunAnswer, { kind: "done" }>;

/** People with a label of free choice, so that a test can put any text into a cell, and who employs them. */
export const peopleSchema: AgreementSchema = {
  tables: [
    {
      name: "person",
      grade: "protected",
      subjects: [
        { kind: "person", column: "id_card", unique: true },
        { kind: "enterprise", column: "employer", unique: false },
      ],
      columns: [
        { name: "id_card", type: "VARCHAR", role: "identifier" },
        { name: "employer", type: "VARCHAR", role: "identifier" },
        { name: "county", type: "VARCHAR", role: "quasi-identifier" },
        { name: "income", type: "DOUBLE", role: "measure", grid: 100 },
      ],
    },
  ],
};

export interface Group {
  readonly county: string;
  readonly people: number;
  readonly employers?: number | undefined;
  /** Income of one of them, by his place in the group. */
  readonly income?: ((at: number) => number) | undefined;
}

/** Two groups to be shown and one of six people, who are too few. */
export const threeCounties: readonly Group[] = [
  { county: "桥西区", people: 300 },
  { county: "长安区", people: 294 },
  { county: "裕华区", people: 6 },
];

async function fill(connection: DuckDBConnection, groups: readonly Group[]): Promise<void> {
  await connection.run(shadowDdlProvisioned(peopleSchema));
  const columns = '"id_card", "employer", "county", "income", "__rk_id_card", "__rk_employer"';
  let person = 0;
  for (const { county, people, employers = 20, income = (at: number) => 1000 + at } of groups) {
    const rows = Array.from({ length: people }, (_, at) => `(${++person}, ${at % employers}, '${income(at)}')`);
    await connection.run(
      `INSERT INTO person (${columns}) SELECT p, e, $1, i::DOUBLE, p, e FROM (VALUES ${rows.join(", ")}) AS v (p, e, i)`,
      [county],
    );
  }
}

/** Compiles a statement that must compile. */
export async function planOf(sql: string, rules: ReleaseRules = platformFloor): Promise<GovernedPlan> {
  const outcome = await compileText(sql, peopleSchema, rules);
  if (outcome.kind !== "draft") throw new Error(`not compiled: ${JSON.stringify(outcome)}`);
  return sealText(outcome.draft);
}

/** Compiles, seals and runs a statement in a DuckDB of its own, and answers as a run worker does. */
export async function runGoverned(
  sql: string,
  groups: readonly Group[] = threeCounties,
  rules: ReleaseRules = platformFloor,
): Promise<{ readonly plan: GovernedPlan; readonly answer: DoneAnswer; readonly rules: ReleaseRules }> {
  const plan = await planOf(sql, rules);
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    await fill(connection, groups);
    for (const step of plan.steps) await connection.run(step);
    const table = async (text: string) => {
      const columns = await bind(connection, text);
      const rows = (await connection.runAndReadAll(text)).getRowsJson();
      // Over the wire as a run worker's answer goes.
      return { columns, rows: JSON.parse(JSON.stringify(rows)) as DoneAnswer["rows"] };
    };
    const result = await table(plan.resultSql);
    const evidence: DoneAnswer["evidence"][number][] = [];
    for (const { id, evidenceSql } of plan.releases) evidence.push({ release: id, ...(await table(evidenceSql)) });
    return { plan, answer: { kind: "done", ...result, evidence }, rules };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
