import { isUtf8 } from "node:buffer";
import { type ColumnType, parseColumnType } from "../column-type.ts";
import type { IngestColumn, IngestLimits, IngestRefusalCode, IngestRefused } from "../ingest-messages.ts";
import { type ValueCheck, valueCheck } from "./csv-value.ts";

/** A run of whole, valid records, all ending in a line end. */
export interface CsvPiece {
  readonly bytes: Buffer;
  readonly rows: number;
}

export interface CsvReader {
  /** Takes the next bytes; gives the records they complete, or the refusal of the first bad one. */
  push(chunk: Uint8Array): CsvPiece | IngestRefused;
  /** The last record may lack its line end. */
  finish(): CsvPiece | IngestRefused;
  /** Declared columns in the file's order; empty before the header. */
  columns(): readonly IngestColumn[];
  lineEnd(): "\n" | "\r\n";
  /** A quoted field held a line end: lines and rows differ. */
  spansLines(): boolean;
}

const comma = 0x2c;
const quote = 0x22;
const newline = 0x0a;
const carriage = 0x0d;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

interface Check {
  readonly column: IngestColumn;
  readonly text: boolean;
  readonly value: ValueCheck;
}

/** One field of the record being read: [start, end) without its quotes. */
interface Field {
  start: number;
  end: number;
  quoted: boolean;
}

/**
 * RFC 4180, strictly, record by record with flat memory: UTF-8, one line end throughout, a header
 * with exactly the declared names, as many fields as columns, every value of its column's type,
 * unquoted nothing for NULL. The engine reads the same bytes afterwards with the same rules; that
 * both count the same rows is checked.
 */
export function createCsvReader(declared: readonly IngestColumn[], limits: IngestLimits): CsvReader {
  let pending: Buffer = Buffer.alloc(0);
  let line = 1;
  let rows = 0;
  let seen = 0;
  let checks: readonly Check[] = [];
  let windowsEnds: boolean | undefined;
  let multiline = false;
  let started = false;

  const refused = (code: IngestRefusalCode, reason: string, column?: string): IngestRefused => ({
    kind: "refused",
    code,
    line,
    column,
    reason,
  });
  const limit = (what: string): IngestRefused => refused("CATALOG_FILE_LIMIT", what);

  /**
   * Reads the record at `from`. Gives the index after its line end, −1 where it is not complete,
   * or the refusal. Fields are handed to `use` by position.
   */
  function record(
    bytes: Buffer,
    from: number,
    last: boolean,
    use: (at: number, field: Field) => IngestRefused | undefined,
  ): number | IngestRefused {
    let at = from;
    let place = 0;
    let extraLines = 0;
    const field: Field = { start: from, end: from, quoted: false };
    for (;;) {
      field.quoted = bytes[at] === quote && at < bytes.length;
      if (field.quoted) {
        field.start = ++at;
        for (;;) {
          const close = bytes.indexOf(quote, at);
          if (close === -1) return last ? refused("CATALOG_FILE_ROW", "a quoted field is not closed") : -1;
          if (close + 1 === bytes.length && !last) return -1;
          at = close + 1;
          if (bytes[at] !== quote) break;
          at++;
        }
        field.end = at - 1;
        for (
          let next = bytes.indexOf(newline, field.start);
          next !== -1 && next < field.end;
          next = bytes.indexOf(newline, next + 1)
        )
          extraLines++;
      } else {
        field.start = at;
        while (at < bytes.length) {
          const byte = bytes[at];
          if (byte === comma || byte === newline || byte === carriage) break;
          if (byte === quote)
            return refused("CATALOG_FILE_ROW", "a quote stands inside an unquoted field; quote the field and double the quote");
          at++;
        }
        field.end = at;
      }
      if (at >= bytes.length && !last) return -1;
      const stop = bytes[at];
      const isEnd = at >= bytes.length || stop === newline || stop === carriage;
      if (!isEnd && stop !== comma) return refused("CATALOG_FILE_ROW", "text stands after a closing quote");
      if (isEnd && place === 0 && field.end === field.start && !field.quoted)
        return refused("CATALOG_FILE_ROW", "the line is empty");
      const problem = use(place, field);
      if (problem !== undefined) return problem;
      place++;
      if (!isEnd) {
        at++;
        continue;
      }
      if (stop === carriage && at + 1 >= bytes.length && !last) return -1;
      const windows = stop === carriage;
      if (windows && bytes[at + 1] !== newline)
        return refused("CATALOG_FILE_ROW", "a carriage return stands alone; end lines with LF or CR LF");
      if (at < bytes.length) {
        windowsEnds ??= windows;
        if (windowsEnds !== windows)
          return refused("CATALOG_FILE_ROW", "lines end in LF and in CR LF; use one of them throughout");
      }
      const after = Math.min(bytes.length, at + (windows ? 2 : 1));
      if (after - from > limits.maxLineBytes) return limit(`a line has more than ${limits.maxLineBytes} bytes`);
      if (checks.length > 0 && place !== checks.length)
        return refused("CATALOG_FILE_ROW", `the line has ${place} fields; the header has ${checks.length}`);
      if (extraLines > 0) multiline = true;
      line += 1 + extraLines;
      return after;
    }
  }

  function unquote(bytes: Buffer, field: Field): string {
    const text = bytes.toString("utf8", field.start, field.end);
    return field.quoted ? text.replaceAll('""', '"') : text;
  }

  function header(bytes: Buffer, last: boolean): number | IngestRefused {
    const names: string[] = [];
    const after = record(bytes, 0, last, (place, field) => {
      if (place >= limits.maxColumns) return limit(`the header has more than ${limits.maxColumns} columns`);
      names.push(unquote(bytes, field));
      return undefined;
    });
    if (typeof after !== "number" || after === -1) return after;
    line = 1;
    const found: Check[] = [];
    for (const name of names) {
      const column = declared.find((one) => one.name === name);
      const type: ColumnType | undefined = column === undefined ? undefined : parseColumnType(column.type);
      // An unknown name is the sender's own text, but it may be a data row where a header was forgotten.
      if (column === undefined || type === undefined)
        return refused(
          "CATALOG_FILE_HEADER",
          `field ${found.length + 1} of the header is no declared column; expected ${declared.map((one) => one.name).join(", ")}`,
        );
      if (found.some((one) => one.column.name === name))
        return refused("CATALOG_FILE_HEADER", "the header names this column twice", name);
      found.push({ column, text: type.kind === "text", value: valueCheck(type) });
    }
    const missing = declared.find((one) => !names.includes(one.name));
    if (missing !== undefined) return refused("CATALOG_FILE_HEADER", "the header lacks this declared column", missing.name);
    checks = found;
    line = 2;
    return after;
  }

  function data(bytes: Buffer, from: number, last: boolean): number | IngestRefused {
    return record(bytes, from, last, (place, field) => {
      const check = checks[place];
      if (check === undefined) return refused("CATALOG_FILE_ROW", `the line has more fields than the header's ${checks.length}`);
      if (field.start === field.end && !(field.quoted && check.text))
        return check.column.nullable && !field.quoted
          ? undefined
          : refused(
              "CATALOG_FILE_NULL",
              field.quoted ? "an empty quoted field is no value of this type" : "the value is missing",
              check.column.name,
            );
      return check.value.accepts(bytes, field.start, field.end)
        ? undefined
        : refused("CATALOG_FILE_VALUE", `the value is not ${check.value.expected}`, check.column.name);
    });
  }

  /** Index of the first line that is not UTF-8, or the length where all are; cut at line ends. */
  function validUntil(bytes: Buffer): number {
    if (isUtf8(bytes)) return bytes.length;
    let from = 0;
    for (;;) {
      const end = bytes.indexOf(newline, from);
      const next = end === -1 ? bytes.length : end + 1;
      if (!isUtf8(bytes.subarray(from, next))) return from;
      from = next;
    }
  }

  function read(bytes: Buffer, last: boolean): CsvPiece | IngestRefused {
    const whole = last ? bytes.length : bytes.lastIndexOf(newline) + 1;
    const valid = validUntil(bytes.subarray(0, whole));
    // Before the first bad byte other problems may stand; they come first.
    const readable = bytes.subarray(0, valid);
    const lastHere = last && valid === bytes.length;
    let at = 0;
    let here = 0;
    if (checks.length === 0 && readable.length > 0) {
      const after = header(readable, lastHere);
      if (typeof after !== "number") return after;
      if (after !== -1) at = after;
    }
    const dataFrom = at;
    while (checks.length > 0 && at < readable.length) {
      if (rows >= limits.maxRows) return limit(`the file has more than ${limits.maxRows} rows`);
      const after = data(readable, at, lastHere);
      if (typeof after !== "number") return after;
      if (after === -1) break;
      at = after;
      here++;
      rows++;
    }
    if (valid < whole) return encodingRefusal(bytes, at, valid);
    pending = Buffer.from(bytes.subarray(at));
    if (pending.length > limits.maxLineBytes) return limit(`a line has more than ${limits.maxLineBytes} bytes`);
    return { bytes: bytes.subarray(dataFrom, at), rows: here };
  }

  function encodingRefusal(bytes: Buffer, from: number, bad: number): IngestRefused {
    for (let at = bytes.indexOf(newline, from); at !== -1 && at < bad; at = bytes.indexOf(newline, at + 1)) line++;
    const end = bytes.indexOf(newline, bad);
    const sample = bytes.subarray(bad, end === -1 ? bytes.length : end);
    const hint = isGb18030(sample) ? "; its bytes look like GBK/GB18030 — save the file as UTF-8 and send it again" : "";
    return refused("CATALOG_FILE_ENCODING", `the line is not UTF-8${hint}`);
  }

  return {
    push(chunk) {
      seen += chunk.length;
      if (seen > limits.maxBytes)
        return { kind: "refused", code: "CATALOG_FILE_LIMIT", reason: `the file has more than ${limits.maxBytes} bytes` };
      let bytes =
        pending.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([pending, chunk]);
      if (!started && bytes.length >= byteOrderMark.length) {
        started = true;
        if (bytes.subarray(0, byteOrderMark.length).equals(byteOrderMark)) bytes = bytes.subarray(byteOrderMark.length);
      }
      return read(bytes, false);
    },
    finish() {
      if (seen === 0) return refused("CATALOG_FILE_HEADER", "the file is empty; its first line must be the header");
      const last = pending;
      pending = Buffer.alloc(0);
      if (last.length === 0) return { bytes: last, rows: 0 };
      const piece = read(last, true);
      if ("kind" in piece || piece.bytes.length === 0) return piece;
      return { bytes: Buffer.concat([piece.bytes, Buffer.from(windowsEnds === true ? "\r\n" : "\n")]), rows: piece.rows };
    },
    columns: () => checks.map((check) => check.column),
    lineEnd: () => (windowsEnds === true ? "\r\n" : "\n"),
    spansLines: () => multiline,
  };
}

function isGb18030(bytes: Buffer): boolean {
  try {
    new TextDecoder("gb18030", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
