import { parseColumnType } from "../column-type.ts";
import type { CsvFormat, IngestColumn, IngestLimits, IngestProblem, IngestRefusalCode } from "../ingest-messages.ts";
import { type Field, recordAt, unquoted } from "./csv-record.ts";
import { type ValueCheck, valueCheck } from "./csv-value.ts";
import type { ProblemList } from "./problem-list.ts";
import { createTextLines, type TextPiece } from "./text-lines.ts";

/** A run of whole records as UTF-8, all ending in a line end; valid while no problem was found. */
export interface CsvPiece {
  readonly bytes: Buffer;
  readonly rows: number;
}

export interface CsvReader {
  /** Takes the next bytes; gives the records they complete. What is wrong with them is in the list of problems. */
  push(chunk: Uint8Array): CsvPiece;
  /** The last record may lack its line end. */
  finish(): CsvPiece;
  /** Declared columns in the file's order; empty before the header. */
  columns(): readonly IngestColumn[];
  lineEnd(): "\n" | "\r\n";
  /** A quoted field held a line end: lines and rows differ. */
  spansLines(): boolean;
  rows(): number;
}

export interface CsvReaderOptions {
  readonly declared: readonly IngestColumn[];
  readonly charset: CsvFormat["charset"];
  readonly limits: Pick<IngestLimits, "maxBytes" | "maxRows" | "maxColumns" | "maxLineBytes" | "maxFieldBytes">;
  /** Rows of the version appended to. */
  readonly rowsBefore: number;
  readonly problems: ProblemList;
}

interface Check {
  readonly column: IngestColumn;
  readonly text: boolean;
  readonly value: ValueCheck;
}

const newline = 0x0a;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
const nothing: Buffer = Buffer.alloc(0);

/**
 * RFC 4180, strictly, record by record with flat memory: one line end throughout, a header with
 * exactly the declared names, as many fields as columns, every value of its column's type, unquoted
 * nothing for NULL. The engine reads the same bytes afterwards with the same rules; that both count
 * the same rows is checked.
 */
export function createCsvReader({ declared, charset, limits, rowsBefore, problems }: CsvReaderOptions): CsvReader {
  const lines = createTextLines(charset, limits.maxLineBytes);
  /** A record whose quoted field is still open. */
  let pending: Buffer = nothing;
  let line = 1;
  let rows = 0;
  let seen = 0;
  let checks: readonly Check[] = [];
  let windowsEnds: boolean | undefined;
  let multiline = false;
  let started = false;
  /** Problems of the record being read: a record that is not whole yet is read again, and told once. */
  let here: IngestProblem[] = [];

  const note = (code: IngestRefusalCode, reason: string, column?: string): void => {
    here.push({ code, line, column, reason });
  };
  const end = (code: IngestRefusalCode, reason: string, column?: string): void => problems.end({ code, line, column, reason });
  const tellHere = (): void => {
    for (const problem of here) problems.add(problem);
    here = [];
  };

  /** Reads the record at `from`: the index after it, or −1 where it is not whole or nothing more is to be read. */
  function record(bytes: Buffer, from: number, last: boolean, use: (place: number, field: Field) => void): number {
    here = [];
    const found = recordAt(bytes, from, last, use);
    if (found.kind === "partial") return -1;
    if (found.next - from > limits.maxLineBytes) {
      end("CATALOG_FILE_LIMIT", `a line has more than ${limits.maxLineBytes} bytes`);
      return -1;
    }
    if (found.kind === "broken") note("CATALOG_FILE_ROW", found.reason);
    else {
      windowsEnds ??= found.windowsEnd;
      if (found.windowsEnd !== undefined && windowsEnds !== found.windowsEnd)
        note("CATALOG_FILE_ROW", "lines end in LF and in CR LF; use one of them throughout");
      if (checks.length > 0 && found.fields !== checks.length)
        note("CATALOG_FILE_ROW", `the line has ${found.fields} fields; the header has ${checks.length}`);
      if (found.extraLines > 0) multiline = true;
    }
    tellHere();
    line += 1 + found.extraLines;
    return found.next;
  }

  function header(bytes: Buffer, last: boolean): number {
    const names: string[] = [];
    const after = record(bytes, 0, last, (_place, field) => {
      if (names.length <= limits.maxColumns) names.push(unquoted(bytes, field));
    });
    if (after === -1) return -1;
    line = 1;
    if (problems.found.length > 0) problems.end({ code: "CATALOG_FILE_HEADER", line, reason: "the header is not well formed" });
    else if (names.length > limits.maxColumns) end("CATALOG_FILE_LIMIT", `the header has more than ${limits.maxColumns} columns`);
    else checks = checksOf(names);
    line = 2;
    return problems.isClosed() ? -1 : after;
  }

  function checksOf(names: readonly string[]): readonly Check[] {
    const found: Check[] = [];
    for (const name of names) {
      const column = declared.find((one) => one.name === name);
      const type = column === undefined ? undefined : parseColumnType(column.type);
      // An unknown name is the sender's own text, but it may be a data row where a header was forgotten.
      if (column === undefined || type === undefined)
        end(
          "CATALOG_FILE_HEADER",
          `field ${found.length + 1} of the header is no declared column; expected ${declared.map((one) => one.name).join(", ")}`,
        );
      else if (found.some((one) => one.column.name === name))
        end("CATALOG_FILE_HEADER", "the header names this column twice", name);
      else found.push({ column, text: type.kind === "text", value: valueCheck(type) });
    }
    const missing = declared.find((one) => !names.includes(one.name));
    if (missing !== undefined) end("CATALOG_FILE_HEADER", "the header lacks this declared column", missing.name);
    return found;
  }

  function checkField(bytes: Buffer, place: number, field: Field): void {
    const check = checks[place];
    // One field too many is told once, with the count of the line.
    if (check === undefined) return;
    const { column, text, value } = check;
    const { start, end: stop, quoted } = field;
    if (stop - start > limits.maxFieldBytes)
      note("CATALOG_FILE_LIMIT", `the value has more than ${limits.maxFieldBytes} bytes`, column.name);
    else if (start === stop && !(quoted && text)) {
      if (quoted) note("CATALOG_FILE_NULL", "an empty quoted field is no value of this type", column.name);
      else if (!column.nullable) note("CATALOG_FILE_NULL", "the value is missing", column.name);
    } else if (!value.accepts(bytes, start, stop)) note("CATALOG_FILE_VALUE", `the value is not ${value.expected}`, column.name);
  }

  /** Whole lines of text: records, the last of which may stay open. */
  function read(text: Buffer, last: boolean): CsvPiece {
    const bytes = pending.length === 0 ? text : Buffer.concat([pending, text]);
    let at = 0;
    let count = 0;
    if (checks.length === 0 && bytes.length > 0) at = Math.max(0, header(bytes, last));
    const dataFrom = at;
    while (checks.length > 0 && at < bytes.length && !problems.isClosed()) {
      if (rowsBefore + rows >= limits.maxRows) {
        end("CATALOG_FILE_LIMIT", `the version would have more than ${limits.maxRows} rows`);
        break;
      }
      const after = record(bytes, at, last, (place, field) => checkField(bytes, place, field));
      if (after === -1) break;
      at = after;
      count++;
      rows++;
    }
    pending = Buffer.from(bytes.subarray(at));
    if (pending.length > limits.maxLineBytes) tooLong();
    return { bytes: bytes.subarray(dataFrom, at), rows: count };
  }

  function tooLong(): void {
    end("CATALOG_FILE_LIMIT", `a line has more than ${limits.maxLineBytes} bytes`);
  }

  /** A line that does not decode: told with the column it begins to fail in, then left out. */
  function badLine({ prefix, charset: name, hint }: Extract<TextPiece, { kind: "bad" }>): void {
    const open = Buffer.concat([pending, prefix]);
    here = [];
    let fields = 0;
    const found = recordAt(open, 0, false, (place, field) => {
      fields++;
      checkField(open, place, field);
    });
    if (found.kind === "broken") note("CATALOG_FILE_ROW", found.reason);
    tellHere();
    for (let at = pending.indexOf(newline); at !== -1; at = pending.indexOf(newline, at + 1)) line++;
    pending = nothing;
    const after = Array.from(prefix.toString()).length;
    const problem: IngestProblem = {
      code: "CATALOG_FILE_ENCODING",
      line,
      column: checks[fields]?.column.name,
      reason: `the line is not ${name} from its character ${after + 1} on${hint === "" ? "" : `; ${hint}`}`,
    };
    if (checks.length === 0) problems.end(problem);
    else problems.add(problem);
    line++;
    rows++;
  }

  function take(pieces: Iterable<TextPiece>, last: boolean): CsvPiece {
    let piece: CsvPiece = { bytes: nothing, rows: 0 };
    for (const next of pieces) {
      if (problems.isClosed()) break;
      if (next.kind === "bad") badLine(next);
      else if (next.kind === "long") tooLong();
      else {
        let { bytes } = next;
        if (!started) {
          started = true;
          if (bytes.subarray(0, byteOrderMark.length).equals(byteOrderMark)) bytes = bytes.subarray(byteOrderMark.length);
        }
        // More than one run of lines: a bad line stood between them, and nobody wants the bytes any more.
        piece = read(bytes, last);
      }
    }
    return piece;
  }

  return {
    push(chunk) {
      seen += chunk.length;
      if (seen > limits.maxBytes) {
        problems.end({ code: "CATALOG_FILE_LIMIT", reason: `the file has more than ${limits.maxBytes} bytes` });
        return { bytes: nothing, rows: 0 };
      }
      return take(lines.push(chunk, false), false);
    },
    finish() {
      if (seen === 0) end("CATALOG_FILE_HEADER", "the file is empty; its first line must be the header");
      if (problems.isClosed()) return { bytes: nothing, rows: 0 };
      const rest = take(lines.push(nothing, true), true);
      // An open record may wait without a further line behind it.
      const piece = pending.length > 0 && !problems.isClosed() ? read(nothing, true) : rest;
      if (piece.bytes.length === 0 || piece.bytes.at(-1) === newline) return piece;
      return { bytes: Buffer.concat([piece.bytes, Buffer.from(windowsEnds === true ? "\r\n" : "\n")]), rows: piece.rows };
    },
    columns: () => checks.map((check) => check.column),
    lineEnd: () => (windowsEnds === true ? "\r\n" : "\n"),
    spansLines: () => multiline,
    rows: () => rows,
  };
}
