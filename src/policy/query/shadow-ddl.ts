import { quoteIdentifier } from "./emit/identifier.ts";
import { type AgreementSchema, reservedPrefix, type SchemaTable, subjectOf } from "./schema.ts";

/** Type of an owner's surrogate id in the provisioned database (63 bits of an HMAC). */
const surrogateType = "BIGINT";

/** Tables that provisioning writes beside those of the schema: what certificates rest on, and the key of all noise. */
export const hiddenTables = Object.freeze({ profile: `${reservedPrefix}profile`, noise: `${reservedPrefix}noise` });

const hiddenDdl = [
  `CREATE TABLE ${quoteIdentifier(hiddenTables.profile)} ("table" VARCHAR, owner VARCHAR, "by" VARCHAR, measure VARCHAR, most DOUBLE, least DOUBLE);`,
  `CREATE TABLE ${quoteIdentifier(hiddenTables.noise)} ("table" VARCHAR, "key" VARCHAR);`,
];

/** CREATE TABLE statements of the empty tables that the operator's text is bound against: exactly the agreement's schema. */
export function shadowDdl(schema: AgreementSchema): string {
  return schema.tables
    .map((table) =>
      createTable(
        table,
        table.columns.map((column) => `${quoteIdentifier(column.name)} ${column.type}`),
      ),
    )
    .join("\n");
}

/**
 * The same tables as provisioning leaves them, which emitted statements are bound against: owner keys are
 * surrogate ids, other identifiers of protected tables are gone, a hidden record key stands beside every owner key.
 */
export function shadowDdlProvisioned(schema: AgreementSchema): string {
  return [...schema.tables.map((table) => createTable(table, provisionedColumns(table))), ...hiddenDdl].join("\n");
}

function provisionedColumns(table: SchemaTable): readonly string[] {
  if (table.grade === "public") return table.columns.map((column) => `${quoteIdentifier(column.name)} ${column.type}`);
  const kept = table.columns.flatMap((column) => {
    if (subjectOf(table, column.name) !== undefined) return [`${quoteIdentifier(column.name)} ${surrogateType}`];
    return column.role === "identifier" ? [] : [`${quoteIdentifier(column.name)} ${column.type}`];
  });
  const hidden = table.subjects.map((subject) => `${quoteIdentifier(recordKeyColumn(subject.column))} INTEGER`);
  return [...kept, ...hidden];
}

/** Name of the hidden record key beside an owner key. */
export function recordKeyColumn(ownerColumn: string): string {
  return `${reservedPrefix}rk_${ownerColumn}`;
}

function createTable(table: SchemaTable, columns: readonly string[]): string {
  return `CREATE TABLE ${quoteIdentifier(table.name)} (${columns.join(", ")});`;
}
