import {
  type ColumnControls,
  type ColumnRole,
  controlsProblem,
  type DateStep,
  dateSteps,
  type OperatorClass,
  operatorClasses,
  type SchemaColumn,
} from "../policy/index.ts";
import { checkName, type Entry, fold, type Notes } from "./schema-notes.ts";
import { acceptedTypes, readColumnType } from "./schema-types.ts";

/** Total over the union: a role that policy gains is accepted here, or this does not compile. */
const roles: Readonly<Record<ColumnRole, true>> = {
  identifier: true,
  "quasi-identifier": true,
  measure: true,
  attribute: true,
  "free-text": true,
};

const isRole = (role: unknown): role is ColumnRole => typeof role === "string" && Object.hasOwn(roles, role);

/** What a column must know of its table. */
export interface ColumnsTable {
  readonly name: string;
  readonly grade: "public" | "protected";
  /** Folded names of the owner keys. */
  readonly keys: ReadonlySet<string>;
}

function readRole(role: unknown, table: ColumnsTable, isKey: boolean, column: Entry): ColumnRole {
  const accepted = `accepted: ${Object.keys(roles).join(", ")}`;
  if (role === undefined && table.grade === "protected" && !isKey) column.bad(`"role" is missing; ${accepted}`);
  if (role !== undefined && !isRole(role)) column.bad(`"role" is ${JSON.stringify(role)}; ${accepted}`);
  if (!isKey) return isRole(role) ? role : "attribute";
  if (role !== undefined && role !== "identifier")
    column.note("is a key of its table's subjects, and so taken as an identifier whatever its role");
  return "identifier";
}

const isClass = (one: unknown): one is OperatorClass => operatorClasses.some((known) => known === one);

/** A field of a column, or undefined where it is absent or wrong. */
function readField<T>(
  value: unknown,
  is: (value: unknown) => value is T,
  name: string,
  accepted: string,
  column: Entry,
): T | undefined {
  if (value === undefined || is(value)) return value;
  column.bad(`"${name}" is ${JSON.stringify(value)}; accepted: ${accepted}`);
  return undefined;
}

const isPositive = (value: unknown): value is number => typeof value === "number" && value > 0;
const isClasses = (value: unknown): value is readonly OperatorClass[] => Array.isArray(value) && value.every(isClass);
const isStep = (value: unknown): value is DateStep => dateSteps.some((known) => known === value);

/** What conditions may ask of the column beyond what its role says. */
function readControls(fields: Readonly<Record<string, unknown>>, base: Base, column: Entry): ColumnControls {
  const controls: ColumnControls = {
    conditions: readField(fields["conditions"], isClasses, "conditions", `a list of ${operatorClasses.join(", ")}`, column),
    grid: readField(fields["grid"], isPositive, "grid", "a number above 0", column),
    step: readField(fields["step"], isStep, "step", dateSteps.join(", "), column),
    prefixLength: readField(fields["prefixLength"], isPositive, "prefixLength", "a number of characters", column),
  };
  if (Object.values(controls).every((value) => value === undefined)) return {};
  if (base.grade === "public") {
    column.note("is a column of a public table, of which everything may be asked: what says otherwise is ignored");
    return {};
  }
  if (base.role !== "measure" && controls.conditions === undefined && controls.grid !== undefined) {
    column.note('has a "grid", which means something on a measure, or beside "conditions"; it is ignored');
    return { ...controls, grid: undefined };
  }
  const problem = controlsProblem({ ...base, ...controls });
  if (problem !== undefined) column.bad(`what conditions may ask does not fit; accepted: ${problem}`);
  return controls;
}

interface Base {
  readonly type: string;
  readonly role: ColumnRole;
  readonly grade: ColumnsTable["grade"];
}

const known = ["type", "role", "grid", "conditions", "step", "prefixLength", "title", "nullable"];

export function readColumn(name: string, value: unknown, table: ColumnsTable, notes: Notes): SchemaColumn | undefined {
  const column = notes.at(table.name, name);
  checkName(name, column);
  const fields = column.record(value, known, '{"type":"INTEGER","role":"measure"}');
  if (fields === undefined) return undefined;
  const written = fields["type"];
  const type = typeof written === "string" ? readColumnType(written) : undefined;
  if (type === undefined)
    column.bad(`"type" is ${written === undefined ? "missing" : JSON.stringify(written)}; accepted: ${acceptedTypes}`);
  const role = readRole(fields["role"], table, table.keys.has(fold(name)), column);
  if (type === undefined) return undefined;
  return { name, type, role, ...readControls(fields, { type, role, grade: table.grade }, column) };
}
