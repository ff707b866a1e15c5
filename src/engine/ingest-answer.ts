import { parseColumnType } from "./column-type.ts";
import type {
  ColumnProfile,
  IngestChecked,
  IngestDone,
  IngestProblem,
  IngestRefusalCode,
  IngestRefused,
  Profile,
} from "./ingest-messages.ts";
import { isCount, isRecord, isText, listOf } from "./message-shape.ts";
import { type ColumnSample, type Sampled, type ValueForm, valueForms } from "./sample-messages.ts";

const codes: readonly IngestRefusalCode[] = [
  "CATALOG_FILE_ENCODING",
  "CATALOG_FILE_HEADER",
  "CATALOG_FILE_ROW",
  "CATALOG_FILE_VALUE",
  "CATALOG_FILE_NULL",
  "CATALOG_FILE_NOT_UNIQUE",
  "CATALOG_FILE_LIMIT",
  "CATALOG_FILE_UNREADABLE",
  "CATALOG_DISK_FULL",
];

/** Reads what an ingest worker sent; undefined for anything malformed. File names are ours or refused. */
export function readIngestAnswer(value: unknown): IngestDone | IngestChecked | Sampled | IngestRefused | undefined {
  if (!isRecord(value)) return undefined;
  if (value["kind"] === "refused") {
    const problem = problemOf(value);
    return problem === undefined ? undefined : { kind: "refused", ...problem };
  }
  if (value["kind"] === "sampled") return sampledOf(value);
  const profile = profileOf(value["profile"]);
  if (value["kind"] === "checked") {
    const problems = listOf(value["problems"], problemOf);
    const { rows } = value;
    if (problems === undefined || !isCount(rows) || (problems.length === 0) !== (profile !== undefined)) return undefined;
    return { kind: "checked", rows, problems, profile };
  }
  const files = listOf(value["files"], (name) => (isText(name) && /^part-\d{5,9}\.parquet$/.test(name) ? name : undefined));
  return value["kind"] !== "ingested" || files === undefined || profile === undefined
    ? undefined
    : { kind: "ingested", files, profile };
}

/** A captured worker may put anything into a reason; it is shown to whoever sent the file, and to nobody else. */
const maxReason = 4096;

function problemOf(value: unknown): IngestProblem | undefined {
  if (!isRecord(value)) return undefined;
  const code = codes.find((one) => one === value["code"]);
  const { line, row, column, reason } = value;
  if (code === undefined || !isText(reason)) return undefined;
  return {
    code,
    ...(isCount(line) ? { line } : {}),
    ...(isCount(row) ? { row } : {}),
    ...(isText(column) ? { column } : {}),
    reason: reason.slice(0, maxReason),
  };
}

function recordOf<T>(value: unknown, read: (element: unknown) => T | undefined): Readonly<Record<string, T>> | undefined {
  if (!isRecord(value)) return undefined;
  const found: [string, T][] = [];
  for (const [key, element] of Object.entries(value)) {
    const one = read(element);
    if (one === undefined) return undefined;
    found.push([key, one]);
  }
  return Object.fromEntries(found);
}

const countOf = (value: unknown): number | undefined => (isCount(value) ? value : undefined);

function columnProfileOf(value: unknown): ColumnProfile | undefined {
  if (!isRecord(value)) return undefined;
  const { nulls, distinct, greatestAbs } = value;
  if (!isCount(nulls) || !isCount(distinct)) return undefined;
  return { nulls, distinct, ...(isText(greatestAbs) ? { greatestAbs } : {}) };
}

function profileOf(value: unknown): Profile | undefined {
  if (!isRecord(value) || !isCount(value["rows"])) return undefined;
  const owners = recordOf(value["owners"], countOf);
  const greatestRowsPerOwner = recordOf(value["greatestRowsPerOwner"], countOf);
  const columns = recordOf(value["columns"], columnProfileOf);
  if (owners === undefined || greatestRowsPerOwner === undefined || columns === undefined) return undefined;
  return { rows: value["rows"], owners, greatestRowsPerOwner, columns };
}

function sampledOf(value: Readonly<Record<string, unknown>>): Sampled | undefined {
  const { rows, whole } = value;
  const columns = listOf(value["columns"], columnSampleOf);
  if (!isCount(rows) || typeof whole !== "boolean" || columns === undefined) return undefined;
  return { kind: "sampled", rows, whole, columns };
}

function columnSampleOf(value: unknown): ColumnSample | undefined {
  if (!isRecord(value)) return undefined;
  const { name, values, nulls, distinct, maxBytes, meanBytes, leadingZeros, forms } = value;
  const types = listOf(value["types"], (type) => (isText(type) ? parseColumnType(type)?.sql : undefined));
  if (!isText(name) || types === undefined || !isRecord(forms)) return undefined;
  if (!isCount(values) || !isCount(nulls) || !isCount(distinct) || !isCount(leadingZeros)) return undefined;
  if (!isCount(maxBytes) || !isCount(meanBytes)) return undefined;
  const counted: Record<ValueForm, number> = { "id-card": 0, uscc: 0, mobile: 0, email: 0, prose: 0 };
  for (const form of valueForms) {
    const count = forms[form];
    if (!isCount(count)) return undefined;
    counted[form] = count;
  }
  return { name, values, nulls, distinct, maxBytes, meanBytes, types, leadingZeros, forms: counted };
}
