import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine, defaultEngineLimits, type Engine } from "../engine/index.ts";
import { platformFloor, shadowDdl } from "../policy/index.ts";
import { compileStatement } from "../sandbox/index.ts";
import { type FileStatement, readJsonFile, readStatements } from "./compile-file.ts";
import { judgeStatement } from "./compile-line.ts";
import { readCompileOptions, usage } from "./compile-options.ts";
import { explainFailure } from "./explain-failure.ts";
import { UsageError } from "./options.ts";
import { readSchema, type SchemaFile } from "./schema-file.ts";
import { createNotes } from "./schema-notes.ts";

const mostProcesses = 4;

async function agreementOf(path: string): Promise<SchemaFile> {
  const notes = createNotes();
  const agreement = readSchema(await readJsonFile("--schema", path), notes);
  for (const remark of notes.remarks) console.error(`${path}: ${remark}`);
  if (notes.errors.length > 0) throw new UsageError(notes.errors.map((error) => `${path}: ${error}`).join("\n"));
  return agreement;
}

/** The gateway's own compiler processes, and nothing else of the engine. */
async function withEngine<T>(compilers: number, use: (engine: Engine) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), "hanguang-compile-"));
  try {
    const engine = await createEngine({
      dataDir,
      limits: { ...defaultEngineLimits, compilers, workers: 0 },
      // There is no data to protect here.
      isolation: { allowWeak: true },
      log: { info: () => undefined, warn: () => undefined },
    });
    try {
      return await use(engine);
    } finally {
      await engine.close();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Lines in the order of the statements, as many compiled at one time as there are processes. True: all are governed. */
async function compileAll(statements: readonly FileStatement[], { schema, mode }: SchemaFile, atOnce: number): Promise<boolean> {
  return withEngine(atOnce, async ({ compiler }) => {
    // Else every statement would be refused for what is no fault of its own.
    if ((await compiler.check({ ddl: shadowDdl(schema), statements: ["SELECT 1"] })).kind === "rejected")
      throw new UsageError("The engine cannot make the tables of this schema.");
    const rules = { ...platformFloor, mode };
    const compile = (sql: string) => compileStatement(compiler, { sql, parameters: {}, schema, rules });
    const judge = (statement: FileStatement) => judgeStatement(statement, compile, (error) => console.error(error));
    const begun: ReturnType<typeof judge>[] = [];
    let [governed, read] = [true, true];
    // Whoever reads only the first lines has what was wanted; the engine is closed as ever.
    process.stdout.on("error", () => (read = false));
    for (let at = 0; at < statements.length && read; at++) {
      for (const next of statements.slice(begun.length, at + atOnce)) begun.push(judge(next));
      const line = await begun[at];
      governed &&= line?.status === "governed";
      process.stdout.write(`${JSON.stringify(line)}\n`);
    }
    return governed && read;
  });
}

try {
  const options = readCompileOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(usage);
  else {
    const agreement = await agreementOf(options.schema);
    const statements = (await Promise.all(options.sql.map(readStatements))).flat();
    const atOnce = Math.min(mostProcesses, availableParallelism(), statements.length);
    process.exitCode = (await compileAll(statements, agreement, atOnce)) ? 0 : 1;
  }
} catch (error) {
  explainFailure(error, usage);
  process.exitCode = 2;
}
