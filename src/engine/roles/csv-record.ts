/** One field of the record being read: [start, end) without its quotes. The same object for every field. */
export interface Field {
  start: number;
  end: number;
  quoted: boolean;
}

/** A record of RFC 4180, one that breaks its rules, or a beginning whose rest is not here yet. */
export type CsvRecord =
  | {
      readonly kind: "record";
      /** Index after its line end. */
      readonly next: number;
      readonly fields: number;
      /** Line ends inside quoted fields. */
      readonly extraLines: number;
      /** Undefined where the file ends without a line end. */
      readonly windowsEnd: boolean | undefined;
    }
  /** `next`: after the line on which it broke, where reading may go on. */
  | { readonly kind: "broken"; readonly next: number; readonly extraLines: number; readonly reason: string }
  | { readonly kind: "partial" };

const comma = 0x2c;
const quote = 0x22;
const newline = 0x0a;
const carriage = 0x0d;
const partial = { kind: "partial" } as const;

function newlinesIn(bytes: Buffer, from: number, to: number): number {
  let count = 0;
  for (let at = bytes.indexOf(newline, from); at !== -1 && at < to; at = bytes.indexOf(newline, at + 1)) count++;
  return count;
}

/** Reads the record at `from`, handing each field to `use` by its place. `last`: no bytes follow these. */
export function recordAt(bytes: Buffer, from: number, last: boolean, use: (place: number, field: Field) => void): CsvRecord {
  let at = from;
  let place = 0;
  let extraLines = 0;
  const field: Field = { start: from, end: from, quoted: false };
  const broken = (reason: string): CsvRecord => {
    const end = bytes.indexOf(newline, at);
    if (end === -1 && !last) return partial;
    const next = end === -1 ? bytes.length : end + 1;
    return { kind: "broken", next, extraLines: newlinesIn(bytes, from, next - 1), reason };
  };
  for (;;) {
    field.quoted = bytes[at] === quote;
    if (field.quoted) {
      field.start = ++at;
      for (;;) {
        const close = bytes.indexOf(quote, at);
        if (close === -1) {
          at = bytes.length;
          return last ? broken("a quoted field is not closed") : partial;
        }
        if (close + 1 === bytes.length && !last) return partial;
        at = close + 1;
        if (bytes[at] !== quote) break;
        at++;
      }
      field.end = at - 1;
      extraLines += newlinesIn(bytes, field.start, field.end);
    } else {
      field.start = at;
      while (at < bytes.length) {
        const byte = bytes[at];
        if (byte === comma || byte === newline || byte === carriage) break;
        if (byte === quote) return broken("a quote stands inside an unquoted field; quote the field and double the quote");
        at++;
      }
      field.end = at;
    }
    if (at >= bytes.length && !last) return partial;
    const stop = bytes[at];
    const isEnd = at >= bytes.length || stop === newline || stop === carriage;
    if (!isEnd && stop !== comma) return broken("text stands after a closing quote");
    if (isEnd && place === 0 && field.end === field.start && !field.quoted) return broken("the line is empty");
    use(place, field);
    place++;
    if (!isEnd) {
      at++;
      continue;
    }
    if (at >= bytes.length) return { kind: "record", next: at, fields: place, extraLines, windowsEnd: undefined };
    const windows = stop === carriage;
    if (windows && at + 1 >= bytes.length && !last) return partial;
    if (windows && bytes[at + 1] !== newline) return broken("a carriage return stands alone; end lines with LF or CR LF");
    return { kind: "record", next: at + (windows ? 2 : 1), fields: place, extraLines, windowsEnd: windows };
  }
}

export function unquoted(bytes: Buffer, field: Field): string {
  const text = bytes.toString("utf8", field.start, field.end);
  return field.quoted ? text.replaceAll('""', '"') : text;
}
