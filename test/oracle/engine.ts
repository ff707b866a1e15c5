import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import {
  type AgreementSchema,
  type ColumnRole,
  compileQuery,
  type GovernedPlan,
  hiddenTables,
  type PlanDraft,
  platformFloor,
  type ReleaseRules,
  type SchemaColumn,
  sealPlan,
  shadowDdl,
} from "../../src/policy/query/index.ts";
import { astOf, bind } from "../policy/query/duckdb-harness.ts";
import { addHidden } from "../policy/query/provisioned.ts";
import type { Value } from "./ast.ts";
import { printValue } from "./print.ts";
import type { ColumnType, Role } from "./relation.ts";
import type { Rules, Table, World } from "./world.ts";

/** In which way statements are governed. */
export type Way = Pick<ReleaseRules, "mode">;

export const exact: Way = { mode: "exact" };

const types: Readonly<Record<ColumnType, string>> = {
  text: "VARCHAR",
  date: "DATE",
  integer: "INTEGER",
  double: "DOUBLE",
  decimal: "DECIMAL(12,2)",
  boolean: "BOOLEAN",
  key: "VARCHAR",
};

const roles: Readonly<Record<Role, ColumnRole>> = {
  key: "identifier",
  quasi: "quasi-identifier",
  attribute: "attribute",
  measure: "measure",
};

function schemaOf(world: World): AgreementSchema {
  return {
    tables: world.tables.map((table) => ({
      name: table.name,
      grade: table.grade,
      subjects: table.columns.flatMap(({ kind, name }) =>
        kind === undefined ? [] : [{ kind, column: name, unique: table.unique }],
      ),
      columns: table.columns.map(
        ({ name, type, role, grid }): SchemaColumn => ({ name, type: types[type], role: roles[role], grid }),
      ),
    })),
  };
}

export function tableSql({ name, columns, rows }: Table): string {
  const typed = columns.map((column) => `${column.name} ${column.kind === undefined ? types[column.type] : "BIGINT"}`);
  const keys = columns.filter((column) => column.kind !== undefined).map((column) => `__rk_${column.name}`);
  const values = rows.map((row, at) => {
    const own = row.map((value, i) => printValue(value, columns[i]?.type === "date"));
    return `(${[...own, ...keys.map(() => String(at + 1))].join(", ")})`;
  });
  const create = `CREATE OR REPLACE TABLE ${name} (${[...typed, ...keys.map((key) => `${key} INTEGER`)].join(", ")});`;
  return values.length === 0 ? create : `${create} INSERT INTO ${name} VALUES ${values.join(", ")};`;
}

export type Governed =
  | { readonly kind: "refused"; readonly code: string; readonly message: string }
  | { readonly kind: "plan"; readonly draft: PlanDraft; readonly plan: GovernedPlan | undefined };

/** Text of a step without its CREATE, and the table that it makes. */
const stepForm = /^CREATE TEMP TABLE ("__[rf]\d+") AS /;

/** The compiler and the enclave in one process, their connections used over and over. */
export class Engine {
  readonly #shadow: DuckDBConnection;
  readonly #check: DuckDBConnection;
  readonly #data: DuckDBConnection;
  readonly #close: () => void;
  #schema: AgreementSchema = { tables: [] };
  #rules: ReleaseRules = platformFloor;

  private constructor(connections: readonly [DuckDBConnection, DuckDBConnection, DuckDBConnection], close: () => void) {
    [this.#shadow, this.#check, this.#data] = connections;
    this.#close = close;
  }

  static async open(): Promise<Engine> {
    const instances = [await newInstance(), await newInstance(), await newInstance()] as const;
    const connections = [await instances[0].connect(), await instances[1].connect(), await instances[2].connect()] as const;
    return new Engine(connections, () => {
      for (const connection of connections) connection.closeSync();
      for (const instance of instances) instance.closeSync();
    });
  }

  close(): void {
    this.#close();
  }

  /** Fills the tables and holds later statements to this world's rules. */
  async load(world: World & { readonly rules: Rules }, way: Way = exact): Promise<void> {
    await this.fill(world);
    this.#schema = schemaOf(world);
    this.#rules = { ...platformFloor, ...world.rules, ...way };
    for (const connection of [this.#shadow, this.#check]) {
      await connection.run(world.tables.map((table) => `DROP TABLE IF EXISTS ${table.name};`).join(" "));
    }
    await this.#shadow.run(shadowDdl(this.#schema));
    await this.#check.run(world.tables.map((table) => tableSql({ ...table, rows: [] })).join(" "));
    await addHidden(this.#check, this.#schema);
  }

  /** The rows, and what provisioning leaves beside them; the profile is filled, as that of large tables is. */
  async fill(world: World): Promise<void> {
    await this.#data.run(world.tables.map(tableSql).join(" "));
    await addHidden(this.#data, schemaOf(world), "family", true);
    await this.#data.run(`CREATE OR REPLACE TABLE filled AS FROM ${hiddenTables.profile}`);
  }

  /** `isSealed`: reads the emitted statements back as the platform does, which takes longer than running them. */
  async compile(sql: string, isSealed: boolean): Promise<Governed> {
    const ast = await astOf(this.#shadow, sql);
    const boundColumns = await bind(this.#shadow, sql);
    const draft = compileQuery({ text: sql, ast, boundColumns, schema: this.#schema, rules: this.#rules });
    if (draft.kind === "refused") {
      return { kind: "refused", code: draft.code, message: JSON.stringify(draft) };
    }
    return { kind: "plan", draft, plan: isSealed ? await this.#seal(draft) : undefined };
  }

  async #seal(draft: PlanDraft): Promise<GovernedPlan> {
    const asts: string[] = [];
    const columns: { name: string; type: string }[][] = [];
    for (const statement of draft.check.statements) {
      const body = statement.replace(stepForm, "");
      asts.push(await astOf(this.#check, body));
      columns.push(await bind(this.#check, body));
      if (body !== statement) await this.#check.run(statement);
    }
    await drop(this.#check, draft);
    return sealPlan(draft, { asts, columns });
  }

  async run(draft: PlanDraft): Promise<readonly (readonly unknown[])[]> {
    for (const step of draft.steps) await this.#data.run(step.sql);
    try {
      const reader = await this.#data.runAndReadAll(draft.resultSql);
      return reader.getRowsJson();
    } finally {
      await drop(this.#data, draft);
    }
  }

  /** The same without a profile: nothing is certified, every cell is counted owner by owner. */
  async runCounted(draft: PlanDraft): Promise<readonly (readonly unknown[])[]> {
    await this.#data.run(`DELETE FROM ${hiddenTables.profile}`);
    try {
      return await this.run(draft);
    } finally {
      await this.#data.run(`INSERT INTO ${hiddenTables.profile} FROM filled`);
    }
  }

  /** What the engine itself says. */
  async plain(sql: string): Promise<readonly (readonly unknown[])[]> {
    const reader = await this.#data.runAndReadAll(sql);
    return reader.getRowsJson();
  }
}

async function newInstance(): Promise<DuckDBInstance> {
  return DuckDBInstance.create(":memory:", { threads: "1" });
}

async function drop(connection: DuckDBConnection, draft: PlanDraft): Promise<void> {
  const tables = draft.steps.flatMap((step) => stepForm.exec(step.sql)?.[1] ?? []);
  if (tables.length > 0) await connection.run(tables.map((table) => `DROP TABLE IF EXISTS ${table};`).join(" "));
}

/** Whether a value that the engine gave is the expected one; sums of DOUBLE may differ in the last digits. */
export function isSame(expected: Value, given: unknown): boolean {
  if (expected === null || given === null) return expected === given;
  if (typeof expected !== "number") return expected === given;
  const number = Number(given);
  return Math.abs(number - expected) <= 1e-6 * Math.max(1, Math.abs(expected), Math.abs(number));
}
