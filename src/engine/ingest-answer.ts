import type { ColumnProfile, IngestDone, IngestRefusalCode, IngestRefused, Profile } from "./ingest-messages.ts";
import { isCount, isRecord, isText, listOf } from "./message-shape.ts";

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
export function readIngestAnswer(value: unknown): IngestDone | IngestRefused | undefined {
  if (!isRecord(value)) return undefined;
  if (value["kind"] === "refused") return refusalOf(value);
  const files = listOf(value["files"], (name) => (isText(name) && /^part-\d{5,9}\.parquet$/.test(name) ? name : undefined));
  const profile = profileOf(value["profile"]);
  return value["kind"] !== "ingested" || files === undefined || profile === undefined
    ? undefined
    : { kind: "ingested", files, profile };
}

function refusalOf(value: Readonly<Record<string, unknown>>): IngestRefused | undefined {
  const code = codes.find((one) => one === value["code"]);
  const { line, column, reason } = value;
  if (code === undefined || !isText(reason)) return undefined;
  return { kind: "refused", code, ...(isCount(line) ? { line } : {}), ...(isText(column) ? { column } : {}), reason };
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
