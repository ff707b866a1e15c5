import { createHmac } from "node:crypto";
import { dirname } from "node:path";
import { blobValue, type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { parseColumnType } from "../column-type.ts";
import type { ProvisionColumn, ProvisionCommand, ProvisionFailureCode } from "../provision-messages.ts";
import { rowFilterSql } from "../row-filter-sql.ts";
import { quoteIdentifier, quoteText } from "../sql-text.ts";
import { openRoleChannel } from "./role-channel.ts";

// Role `provision`: the only process that sees raw identifiers and HMAC keys together. Keys come
// by its input and go into prepared parameters, never into a statement's text, arguments or files.

const maxCommandBytes = 16 * 1024 * 1024;
const hashBlockBytes = 64;

async function openEngine(command: ProvisionCommand): Promise<{ connection: DuckDBConnection; close(): void }> {
  const instance = await DuckDBInstance.create(command.output, {
    threads: String(command.threads),
    memory_limit: `${Math.floor(command.memoryBytes / 1024)}KiB`,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  // What spills would be raw identifiers on disk: out of memory is the better end.
  await connection.run("SET temp_directory=''");
  const files = command.tables.flatMap((table) => table.files).map(quoteText);
  await connection.run(`SET allowed_paths=[${files.join(", ")}]`);
  await connection.run(`SET allowed_directories=[${quoteText(`${dirname(command.output)}/`)}]`);
  await connection.run("SET enable_external_access=false");
  await connection.run("SET lock_configuration=true");
  return {
    connection,
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** RFC 2104: the key's inner and outer block. */
function pads(keyHex: string): { inner: Buffer; outer: Buffer } {
  const key = Buffer.from(keyHex, "hex");
  const block = Buffer.alloc(hashBlockBytes);
  key.copy(block);
  return { inner: block.map((byte) => byte ^ 0x36) as Buffer, outer: block.map((byte) => byte ^ 0x5c) as Buffer };
}

/** Collects the blobs of one statement; `hmac` writes the hex HMAC-SHA256 of kind ‖ 0x00 ‖ value. */
function createHasher() {
  const blobs: Buffer[] = [];
  const bind = (blob: Buffer): string => `$${blobs.push(blob)}::BLOB`;
  return {
    blobs,
    hmac(keyHex: string, kind: string, value: string): string {
      const { inner, outer } = pads(keyHex);
      const prefix = bind(Buffer.concat([inner, Buffer.from(`${kind}\0`)]));
      return `sha256(${bind(outer)} || unhex(sha256(${prefix} || encode(CAST(${value} AS VARCHAR)))))`;
    },
  };
}

/** The leading 63 bits as BIGINT. */
const surrogateOf = (hex: string): string => `CAST(CAST('0x' || ${hex}[1:16] AS UBIGINT) >> 1 AS BIGINT)`;
/** The leading 32 bits as INTEGER. */
const recordKeyOf = (hex: string): string => `CAST(CAST('0x' || ${hex}[1:8] AS BIGINT) - 2147483648 AS INTEGER)`;

function typeOf(column: ProvisionColumn): string {
  return column.as === "surrogate" ? "BIGINT" : (parseColumnType(column.type)?.sql ?? "VARCHAR");
}

type Table = ProvisionCommand["tables"][number];

/**
 * Fills one table. Each owner value is hashed once, in a temporary mapping, then joined back:
 * a visit table names each person several times.
 */
async function provisionTable(connection: DuckDBConnection, command: ProvisionCommand, table: Table): Promise<number> {
  const source = `read_parquet([${table.files.map(quoteText).join(", ")}])`;
  const types = new Map(table.columns.map(({ name, type }) => [name, type]));
  const conditions = table.rowFilter.map((filter) => `(${rowFilterSql(filter, types.get(filter.column) ?? "")})`);
  const rows = `(SELECT * FROM ${source}${conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`})`;

  const owners = new Map<string, { readonly kind: string; readonly map: string }>();
  const keyed = [
    ...table.columns.flatMap((column) => (column.as === "surrogate" ? [{ column: column.name, kind: column.kind }] : [])),
    ...table.recordKeys,
  ];
  for (const { column, kind } of keyed) {
    if (owners.has(column)) continue;
    const map = quoteIdentifier(`map ${owners.size}`);
    owners.set(column, { kind, map });
    const hasher = createHasher();
    const name = quoteIdentifier(column);
    const [owner, record] = [hasher.hmac(command.surrogateKey, kind, "k"), hasher.hmac(table.familySecret, kind, "k")];
    await connection.run(
      `CREATE TEMP TABLE ${map} AS SELECT k, ${surrogateOf("h1")} AS owner, ${recordKeyOf("h2")} AS record FROM ` +
        `(SELECT k, ${owner} AS h1, ${record} AS h2 FROM (SELECT DISTINCT ${name} AS k FROM ${rows} WHERE ${name} IS NOT NULL))`,
      hasher.blobs.map((blob) => blobValue(blob)),
    );
  }
  const mapped = (column: string, field: "owner" | "record"): string => `${owners.get(column)?.map ?? ""}.${field}`;
  const columns = [
    ...table.columns.map((column) => ({
      name: quoteIdentifier(column.name),
      type: typeOf(column),
      value: column.as === "surrogate" ? mapped(column.name, "owner") : `t.${quoteIdentifier(column.name)}`,
    })),
    ...table.recordKeys.map(({ column, hidden }) => ({
      name: quoteIdentifier(hidden),
      type: "INTEGER",
      value: mapped(column, "record"),
    })),
  ];
  const target = quoteIdentifier(table.name);
  const joins = [...owners].map(([column, { map }]) => `LEFT JOIN ${map} ON t.${quoteIdentifier(column)} = ${map}.k`);
  await connection.run(`CREATE TABLE ${target} (${columns.map(({ name, type }) => `${name} ${type}`).join(", ")})`);
  await connection.run(
    `INSERT INTO ${target} SELECT ${columns.map(({ value }) => value).join(", ")} FROM ${rows} AS t ${joins.join(" ")}`,
  );
  for (const { map } of owners.values()) await connection.run(`DROP TABLE ${map}`);
  const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${target}`);
  return Number(counted.getRows()[0]?.[0]);
}

const numeric = /^(?:U?(?:TINYINT|SMALLINT|INTEGER|BIGINT)|HUGEINT|UHUGEINT|FLOAT|DOUBLE|DECIMAL)/;

/** Smaller tables are counted owner by owner, which costs nothing there. */
const profiledRows = 100_000;

/**
 * What certificates rest on (ADR 0026): per owner key, and per owner key and column that may be a group key, the greatest number
 * of rows of one owner, and per measure the greatest Σ|x| of one owner and the least x. Nothing of it is ever shown. What
 * cannot be computed in the memory there is stays away: it certifies nothing.
 */
async function profileTable(connection: DuckDBConnection, profile: string, table: Table): Promise<void> {
  const plain = table.columns.filter((column) => column.as === "plain");
  const measures = plain.filter((column) => numeric.test(typeOf(column)));
  const groups = plain.filter((column) => !measures.includes(column));
  const owners = table.recordKeys.filter(({ column }) => table.columns.some(({ name }) => name === column));
  const totals = measures.map(({ name }, at) => `fsum(abs(CAST(${quoteIdentifier(name)} AS DOUBLE))) AS s${at}`);
  const leasts = measures.map(({ name }, at) => `min(CAST(${quoteIdentifier(name)} AS DOUBLE)) AS l${at}`);
  for (const { column } of owners) {
    for (const by of [undefined, ...groups.map(({ name }) => name)]) {
      const keys = [column, ...(by === undefined ? [] : [by])].map(quoteIdentifier);
      const perOwner = `SELECT ${["count(*) AS n", ...totals, ...leasts].join(", ")} FROM ${quoteIdentifier(table.name)} GROUP BY ${keys.join(", ")}`;
      const rows = [
        ["''", "max(n)", "0e0"],
        ...measures.map(({ name }, at) => [quoteText(name.toLowerCase()), `max(s${at})`, `min(l${at})`]),
      ].map(([name, most, least]) => `SELECT ${name} AS m, CAST(${most} AS DOUBLE) AS most, ${least} AS least FROM o`);
      const names = [table.name, column, by ?? ""].map((name) => quoteText(name.toLowerCase()));
      const insert = `INSERT INTO ${profile} SELECT ${names.join(", ")}, m, most, least FROM (WITH o AS MATERIALIZED (${perOwner}) ${rows.join(" UNION ALL ")})`;
      await connection.run(insert).catch((error: unknown) => {
        if (!String(error).includes("Out of Memory")) throw error;
      });
    }
  }
}

/** The family's key of all noise: the same for every agreement and version, so that nobody averages it away. */
async function writeNoiseKey(connection: DuckDBConnection, noise: string, table: Table): Promise<void> {
  const key = createHmac("sha256", Buffer.from(table.familySecret, "hex")).update("noise\0").digest("hex");
  await connection.run(`INSERT INTO ${noise} VALUES ($1, $2)`, [table.name.toLowerCase(), key]);
}

async function provision(command: ProvisionCommand) {
  const { connection, close } = await openEngine(command);
  const tables: { name: string; rows: number }[] = [];
  const [profile, noise] = [quoteIdentifier(command.hidden.profile), quoteIdentifier(command.hidden.noise)];
  await connection.run(
    `CREATE TABLE ${profile} ("table" VARCHAR, owner VARCHAR, "by" VARCHAR, measure VARCHAR, most DOUBLE, least DOUBLE)`,
  );
  await connection.run(`CREATE TABLE ${noise} ("table" VARCHAR, "key" VARCHAR)`);
  for (const table of command.tables) {
    const rows = await provisionTable(connection, command, table);
    tables.push({ name: table.name, rows });
    if (table.recordKeys.length === 0) continue;
    if (rows >= profiledRows) await profileTable(connection, profile, table);
    await writeNoiseKey(connection, noise, table);
  }
  await connection.run("CHECKPOINT");
  close();
  return { kind: "provisioned", tables };
}

function failureOf(error: unknown): { kind: "failed"; code: ProvisionFailureCode } {
  const text = error instanceof Error ? error.message : "";
  if (/No space left|ENOSPC/.test(text)) return { kind: "failed", code: "ENGINE_DISK_FULL" };
  return { kind: "failed", code: text.startsWith("Out of Memory") ? "ENGINE_MEMORY" : "ENGINE_PROVISION_FAILED" };
}

const channel = openRoleChannel(maxCommandBytes);
channel.send({ kind: "ready" });
const command = (await channel.receiveJson()) as ProvisionCommand;
const answer = provision(command).catch(failureOf);
// Reading on notices when the gateway is gone; with the answer out, it ends this process.
const hangUp = channel.receive();
channel.send(await Promise.race([answer, hangUp]));
await hangUp;
