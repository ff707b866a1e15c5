import {
  type AgreementSchema,
  implementedModes,
  type ReleaseMode,
  type SchemaSubject,
  type SchemaTable,
} from "../policy/index.ts";
import { type ColumnsTable, readColumn } from "./schema-column.ts";
import { checkName, type Entry, fold, type Notes } from "./schema-notes.ts";

function readSubject(value: unknown, columns: ReadonlyMap<string, string>, table: Entry): SchemaSubject | undefined {
  const fields = table.record(value, ["kind", "column", "unique"], '{"kind":"person","column":"id","unique":true}', "subjects");
  if (fields === undefined) return undefined;
  const { kind, column, unique = false } = fields;
  if (typeof kind !== "string" || !/^[a-z][a-z0-9_-]{0,31}$/.test(kind))
    table.bad(`"subjects": the kind is ${JSON.stringify(kind)}; accepted: a word of a-z such as person or enterprise`);
  if (typeof unique !== "boolean")
    table.bad(`"subjects": "unique" is ${JSON.stringify(unique)}; accepted: true (one row per subject) or false`);
  const found = typeof column === "string" ? columns.get(fold(column)) : undefined;
  if (found === undefined)
    table.bad(`"subjects": ${JSON.stringify(column)} is no column; accepted: ${[...columns.values()].join(", ")}`);
  return { kind: String(kind), column: found ?? "", unique: unique === true };
}

function readSubjects(
  value: unknown,
  grade: unknown,
  columns: ReadonlyMap<string, string>,
  table: Entry,
): readonly SchemaSubject[] {
  if (!Array.isArray(value)) {
    table.bad('"subjects" is no list; accepted: [{"kind":"person","column":"id","unique":true}]');
    return [];
  }
  if (grade === "public" && value.length > 0) table.bad('is public and has "subjects"; make it protected, or leave them out');
  if (grade === "protected" && value.length === 0)
    table.bad('is protected and has no "subjects": say whose rows these are, as [{"kind":"person","column":"id","unique":true}]');
  const subjects = value.map((one: unknown) => readSubject(one, columns, table)).filter((one) => one !== undefined);
  const twice = subjects.find((one, at) => subjects.findIndex(({ column }) => column === one.column) < at);
  if (twice !== undefined) table.bad(`"subjects": ${JSON.stringify(twice.column)} stands twice`);
  return subjects;
}

/** Sets of columns that are never equal in two rows of a public table: by such a key protected rows may be joined with it. */
function readKeys(value: unknown, grade: unknown, columns: ReadonlyMap<string, string>, table: Entry): SchemaTable["keys"] {
  if (value === undefined) return undefined;
  const sets: readonly unknown[] = Array.isArray(value) ? value : [value];
  const keys = sets.map((set) => {
    const names = (Array.isArray(set) ? set : []).map((name) => (typeof name === "string" ? columns.get(fold(name)) : undefined));
    const known = names.filter((name) => name !== undefined);
    if (known.length === 0 || known.length < names.length)
      table.bad(`"keys" has ${JSON.stringify(set)}; accepted: lists of columns, as [["id"],["year","code"]]`);
    return known;
  });
  if (grade === "public") return keys;
  table.note('has "keys", which mean something in a public table only; they are ignored');
  return undefined;
}

function readTable(name: string, value: unknown, notes: Notes): SchemaTable | undefined {
  const table = notes.at(name);
  checkName(name, table);
  const fields = table.record(value, ["grade", "subjects", "keys", "columns", "title"], '{"grade":"public","columns":{…}}');
  if (fields === undefined) return undefined;
  const { grade } = fields;
  if (grade !== "public" && grade !== "protected")
    table.bad(`"grade" is ${grade === undefined ? "missing" : JSON.stringify(grade)}; accepted: public, protected`);
  const columns = table.record(fields["columns"], undefined, '{"c":{"type":"INTEGER","role":"measure"}}', "columns") ?? {};
  const names = new Map(Object.keys(columns).map((column) => [fold(column), column]));
  if (names.size === 0) table.bad('has no "columns"');
  const subjects = readSubjects(fields["subjects"] ?? [], grade, names, table);
  const keys = readKeys(fields["keys"], grade, names, table);
  const own: ColumnsTable = {
    name,
    grade: grade === "public" ? "public" : "protected",
    keys: new Set(subjects.map(({ column }) => fold(column))),
  };
  const read = Object.entries(columns).map(([column, one]) => readColumn(column, one, own, notes));
  notes.checkTwice(name, Object.keys(columns));
  return { name, grade: own.grade, subjects, columns: read.filter((column) => column !== undefined), keys };
}

/** What a statement is compiled under. */
export interface SchemaFile {
  readonly schema: AgreementSchema;
  readonly mode: ReleaseMode;
}

function readMode(mode: unknown, whole: Entry): ReleaseMode {
  const known = implementedModes.find((one) => one === mode);
  if (known === undefined) whole.bad(`"mode" is ${JSON.stringify(mode)}; accepted: ${implementedModes.join(", ")}`);
  return known ?? "exact";
}

/** The agreement as a file says it; what is wrong with it, or ignored, goes to `notes`. */
export function readSchema(value: unknown, notes: Notes): SchemaFile {
  const whole = notes.at();
  const { tables, mode = "exact" } = whole.record(value, ["tables", "mode", "title"], '{"tables":{…}}') ?? {};
  const entries = Object.entries(whole.record(tables, undefined, '{"t":{"grade":"public","columns":{…}}}', "tables") ?? {});
  if (entries.length === 0) whole.bad('has no "tables"');
  notes.checkTwice(
    undefined,
    entries.map(([name]) => name),
  );
  const read = entries.map(([name, table]) => readTable(name, table, notes));
  return { schema: { tables: read.filter((table) => table !== undefined) }, mode: readMode(mode, whole) };
}
