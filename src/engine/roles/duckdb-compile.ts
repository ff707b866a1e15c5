import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type {
  BoundColumn,
  CheckCommand,
  CheckedStatements,
  CompilerCommand,
  DescribeCommand,
  Described,
  EngineReading,
  ParseCommand,
  Rejected,
} from "../compiler-messages.ts";
import { quoteIdentifier } from "../sql-text.ts";
import { bindRejection, isUnknownName, syntaxRejection, unbindable } from "./engine-rejection.ts";
import { mentionsInTree } from "./engine-tables.ts";
import { nestingDepth } from "./nesting.ts";
import { openRoleChannel } from "./role-channel.ts";
import { createFirewall } from "./statement-firewall.ts";

// Role `compile`: hostile text meets native code here and nowhere else. The process holds no data;
// tables are empty shadows. Nothing of the text is ever executed, only parsed and bound.

const maxCommandBytes = 16 * 1024 * 1024;

interface Shadow {
  readonly connection: DuckDBConnection;
  close(): void;
}

/** A fresh engine that can reach no file and whose settings cannot be changed back. */
async function openShadow(): Promise<Shadow> {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: "1",
    memory_limit: "256MB",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  await connection.run("SET temp_directory=''");
  await connection.run("SET enable_external_access=false");
  // Constant folding would execute the caller's expressions; binding alone does not.
  await connection.run("PRAGMA disable_optimizer");
  await connection.run("SET errors_as_json=true");
  await connection.run("SET lock_configuration=true");
  return {
    connection,
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

function errorText(error: unknown): string {
  return error instanceof Error ? error.message : "";
}

function treeOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The engine's tree of one SELECT statement as JSON text, or the refusal. */
async function serialise(shadow: Shadow, sql: string): Promise<string | (Rejected & { notSelect?: boolean })> {
  const reader = await shadow.connection.runAndReadAll("SELECT json_serialize_sql($1::VARCHAR)", [sql]);
  const text = reader.getRows()[0]?.[0];
  if (typeof text !== "string") return syntaxRejection(sql, "");
  const tree = treeOf(text);
  // The engine writes Infinity for a literal beyond DOUBLE, which is no JSON: that must not end the process.
  if (tree === undefined) return { kind: "rejected", stage: "syntax", message: "A number in the statement is too great." };
  if (typeof tree !== "object" || tree === null || !("error" in tree) || tree.error !== false || !("statements" in tree))
    return syntaxRejection(sql, text);
  if (!Array.isArray(tree.statements) || tree.statements.length !== 1)
    return { kind: "rejected", stage: "syntax", message: "Exactly one SELECT or WITH statement is accepted.", notSelect: true };
  return text;
}

async function bind(shadow: Shadow, sql: string): Promise<readonly BoundColumn[] | Rejected> {
  try {
    const prepared = await shadow.connection.prepare(sql);
    try {
      const columns: BoundColumn[] = [];
      for (let at = 0; at < prepared.columnCount; at++)
        columns.push({ name: prepared.columnName(at), type: prepared.columnType(at).toString() });
      return columns;
    } finally {
      prepared.destroySync();
    }
  } catch (error) {
    return bindRejection(sql, errorText(error));
  }
}

/** Quotes inside a tree's own texts are escaped, so this is a node or nothing. */
const hasParameters = (ast: string): boolean => ast.includes('"class":"PARAMETER"');

/**
 * A statement with parameters binds only once they have types. Until then an unknown name is the one
 * thing to be told, because only here its place is known.
 */
async function bindNames(shadow: Shadow, sql: string): Promise<readonly BoundColumn[] | Rejected> {
  try {
    (await shadow.connection.prepare(sql)).destroySync();
    return [];
  } catch (error) {
    return isUnknownName(errorText(error)) ? bindRejection(sql, errorText(error)) : [];
  }
}

async function describe(shadow: Shadow, command: DescribeCommand): Promise<Described | Rejected> {
  await shadow.connection.run(command.ddl);
  const read = shadow.connection.runAndReadAll("SELECT json_deserialize_sql($1::JSON)", [command.ast]);
  // Undefined for what is no tree of the engine's own any more.
  const text = await read.then(
    (reader) => reader.getRows()[0]?.[0],
    () => undefined,
  );
  const columns = typeof text === "string" ? await bind(shadow, text) : { message: unbindable };
  // A place in that text is none in the caller's.
  return "message" in columns ? { kind: "rejected", stage: "bind", message: columns.message } : { kind: "described", columns };
}

async function parse(shadow: Shadow, command: ParseCommand): Promise<EngineReading> {
  await shadow.connection.run(command.ddl);
  const ast = await serialise(shadow, command.sql);
  if (typeof ast !== "string") return ast;
  const columns = hasParameters(ast) ? await bindNames(shadow, command.sql) : await bind(shadow, command.sql);
  if ("kind" in columns) return columns;
  return { kind: "read", ast, columns, mentions: mentionsInTree(JSON.parse(ast)) };
}

const temporaryTable = /^CREATE TEMP TABLE ("(?:[^"]|"")+"|[A-Za-z_][A-Za-z0-9_]*) AS\s/;

/**
 * The empty table that later statements bind against. It is made from the bound columns: `CREATE TABLE … AS …` would
 * plan the whole statement once more, which takes many times what binding takes.
 */
async function makeTable(shadow: Shadow, name: string, columns: readonly BoundColumn[]): Promise<void> {
  const declared = columns.map((column) => `${quoteIdentifier(column.name)} ${column.type}`);
  await shadow.connection.run(`CREATE TEMP TABLE ${name} (${declared.join(", ")})`);
}

/**
 * Emitted statements, in order: SELECTs, and `CREATE TEMP TABLE x AS SELECT …`, which is made without rows, so that
 * later statements bind against it while still nothing is executed.
 */
async function check(shadow: Shadow, command: CheckCommand): Promise<CheckedStatements | Rejected> {
  await shadow.connection.run(command.ddl);
  const asts: string[] = [];
  const columns: (readonly BoundColumn[])[] = [];
  for (const [statement, sql] of command.statements.entries()) {
    const made = temporaryTable.exec(sql);
    const body = made === null ? sql : sql.slice(made[0].length);
    const ast = await serialise(shadow, body);
    if (typeof ast !== "string") return { ...ast, statement };
    const bound = await bind(shadow, body);
    if ("kind" in bound) return { ...bound, statement };
    if (made?.[1] !== undefined) {
      const name = made[1].startsWith('"') ? made[1] : quoteIdentifier(made[1]);
      try {
        await makeTable(shadow, name, bound);
      } catch (error) {
        return { ...bindRejection(sql, errorText(error)), statement };
      }
    }
    asts.push(ast);
    columns.push(bound);
  }
  return { kind: "checked", asts, columns };
}

const channel = openRoleChannel(maxCommandBytes);
const firewall = createFirewall();
firewall.read("SELECT 1");
// The next request's engine is opened while nobody waits: opening takes 20 ms, a parse takes 5.
let spare = openShadow();
channel.send({ kind: "ready" });
for (;;) {
  // The trusted side is the only writer of this wire.
  const command = (await channel.receiveJson()) as CompilerCommand;
  if (command.kind === "parse") {
    const depth = nestingDepth(command.sql);
    if (depth > command.maxDepth) {
      channel.send({
        kind: "rejected",
        stage: "depth",
        message: `Brackets nest ${depth} deep; at most ${command.maxDepth} are accepted.`,
      });
      continue;
    }
  }
  const shadow = await spare;
  if (command.kind === "parse") {
    channel.send(await parse(shadow, command));
    channel.send(firewall.read(command.sql));
  } else channel.send(command.kind === "check" ? await check(shadow, command) : await describe(shadow, command));
  shadow.close();
  spare = openShadow();
}
