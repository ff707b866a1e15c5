import type { CsvFormat, IngestLimits, IngestRefusalCode } from "../ingest-messages.ts";
import type { Sampled } from "../sample-messages.ts";
import { type ColumnSampler, createColumnSampler } from "./column-sampler.ts";
import { type Field, recordAt, unquoted } from "./csv-record.ts";
import { IngestRefusal } from "./ingest-refusal.ts";
import { createTextLines } from "./text-lines.ts";

const nothing: Buffer = Buffer.alloc(0);

/** What no header names a column, and a forgotten header's first row often does. */
const looksLikeValue = /^[-+.\d\s:/]*$|^(?:true|false)$|@/i;

/** Reads the beginning of a CSV file of which nothing is known but its charset. */
export function createCsvSample({ charset }: CsvFormat, limits: IngestLimits) {
  const lines = createTextLines(charset, limits.maxLineBytes);
  let names: readonly string[] | undefined;
  let samplers: readonly ColumnSampler[] = [];
  let pending = nothing;
  let line = 1;
  let rows = 0;
  let seen = 0;
  let started = false;

  const refuse = (code: IngestRefusalCode, reason: string): never => {
    throw new IngestRefusal({ code, line, reason });
  };

  function header(fields: readonly string[]): void {
    if (fields.length > limits.maxColumns) refuse("CATALOG_FILE_LIMIT", `the header has more than ${limits.maxColumns} columns`);
    for (const [at, name] of fields.entries()) {
      if (looksLikeValue.test(name))
        refuse("CATALOG_FILE_HEADER", `field ${at + 1} of the first line looks like a value, not like a name`);
      if (fields.indexOf(name) !== at) refuse("CATALOG_FILE_HEADER", `field ${at + 1} of the first line repeats another name`);
    }
    names = fields;
    samplers = fields.map(() => createColumnSampler());
  }

  function record(bytes: Buffer, fields: readonly Field[]): void {
    if (names === undefined) {
      header(fields.map((field) => unquoted(bytes, field)));
      return;
    }
    if (fields.length !== names.length)
      refuse("CATALOG_FILE_ROW", `the line has ${fields.length} fields; the header has ${names.length}`);
    for (const [at, field] of fields.entries()) {
      if (field.start === field.end && !field.quoted) samplers[at]?.addNull();
      else samplers[at]?.add(Buffer.from(unquoted(bytes, field)));
    }
    rows++;
  }

  function read(text: Buffer, last: boolean): void {
    const bytes = pending.length === 0 ? text : Buffer.concat([pending, text]);
    let at = 0;
    while (at < bytes.length) {
      const fields: Field[] = [];
      const found = recordAt(bytes, at, last, (_place, field) => fields.push({ ...field }));
      if (found.kind === "partial") break;
      if (found.kind === "broken") refuse("CATALOG_FILE_ROW", found.reason);
      else record(bytes, fields);
      line += 1 + found.extraLines;
      at = found.next;
    }
    pending = Buffer.from(bytes.subarray(at));
    if (pending.length > limits.maxLineBytes) refuse("CATALOG_FILE_LIMIT", `a line has more than ${limits.maxLineBytes} bytes`);
  }

  function take(chunk: Uint8Array, last: boolean): void {
    for (const piece of lines.push(chunk, last)) {
      if (piece.kind === "long") refuse("CATALOG_FILE_LIMIT", `a line has more than ${limits.maxLineBytes} bytes`);
      if (piece.kind === "bad")
        refuse("CATALOG_FILE_ENCODING", `the line is not ${piece.charset}${piece.hint === "" ? "" : `; ${piece.hint}`}`);
      if (piece.kind !== "lines") continue;
      const isMarked = !started && piece.bytes.subarray(0, 3).toString("latin1") === "\u00ef\u00bb\u00bf";
      started = true;
      read(isMarked ? piece.bytes.subarray(3) : piece.bytes, last);
    }
  }

  return {
    push(chunk: Uint8Array): void {
      seen += chunk.length;
      take(chunk, false);
    },
    /** A sample that was cut ends somewhere in a record, which is left out. */
    finish(): Sampled {
      const whole = seen < limits.maxSampleBytes;
      if (whole) {
        take(nothing, true);
        if (pending.length > 0) read(nothing, true);
      }
      if (names === undefined || rows === 0) refuse("CATALOG_FILE_ROW", "the sample holds no rows");
      return {
        kind: "sampled",
        rows,
        whole,
        columns: (names ?? []).map((name, at) => (samplers[at] ?? createColumnSampler()).summary(name)),
      };
    },
  };
}
