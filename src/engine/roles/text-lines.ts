import { isUtf8 } from "node:buffer";
import type { CsvFormat } from "../ingest-messages.ts";

/** A run of bytes of the file, as whole lines of UTF-8 text, or what is wrong with the next line. */
export type TextPiece =
  | { readonly kind: "lines"; readonly bytes: Buffer }
  /** A line holds bytes that the charset does not know; `prefix` is what stands before them. */
  | { readonly kind: "bad"; readonly prefix: Buffer; readonly charset: string; readonly hint: string }
  /** The next line is longer than any may be. */
  | { readonly kind: "long" };

export interface TextLines {
  /** Takes the next bytes of the file; with `last`, the rest, whose line end may be missing. */
  push(chunk: Uint8Array, last: boolean): Iterable<TextPiece>;
}

const newline = 0x0a;
const utf8Mark = Buffer.from([0xef, 0xbb, 0xbf]);

/** Turns whole lines into UTF-8; undefined where some bytes are none of the charset. */
type Decode = (lines: Buffer) => Buffer | undefined;

interface Charset {
  readonly title: string;
  readonly decode: Decode;
  /** Length of the longest well-formed run at the start of a line that does not decode. */
  wellFormed(line: Buffer): number;
  /** What else the line may be. */
  hint(line: Buffer): string;
}

/** Length of the UTF-8 character at `at`, or 0. */
function utf8CharacterAt(line: Buffer, at: number): number {
  for (const length of [1, 2, 3, 4]) if (at + length <= line.length && isUtf8(line.subarray(at, at + length))) return length;
  return 0;
}

/**
 * Length of the GB 18030 character at `at`, or 0. A lead byte with a quote, comma or line end behind
 * it is no character: a reader that took both as one would lose the field's end.
 */
function gb18030CharacterAt(line: Buffer, at: number): number {
  const [first = 0, second = 0, third = 0, fourth = 0] = line.subarray(at, at + 4);
  if (first <= 0x80) return 1;
  const length = second >= 0x30 && second <= 0x39 ? 4 : 2;
  const isWhole = length === 2 ? second >= 0x40 : third >= 0x81 && fourth >= 0x30 && fourth <= 0x39;
  return isWhole && decodeGb18030(line.subarray(at, at + length)) !== undefined ? length : 0;
}

const gb18030 = new TextDecoder("gb18030", { fatal: true, ignoreBOM: true });

function decodeGb18030(lines: Buffer): Buffer | undefined {
  try {
    return Buffer.from(gb18030.decode(lines));
  } catch {
    return undefined;
  }
}

function wellFormedBy(characterAt: (line: Buffer, at: number) => number): (line: Buffer) => number {
  return (line) => {
    let at = 0;
    while (at < line.length) {
      const length = characterAt(line, at);
      if (length === 0) break;
      at += length;
    }
    return at;
  };
}

const charsets: Readonly<Record<CsvFormat["charset"], Charset>> = {
  "utf-8": {
    title: "UTF-8",
    decode: (lines) => (isUtf8(lines) ? lines : undefined),
    wellFormed: wellFormedBy(utf8CharacterAt),
    hint: (line) =>
      decodeGb18030(line) === undefined
        ? ""
        : "its bytes look like GBK/GB18030: send the file as `text/csv; charset=gb18030`, or save it as UTF-8",
  },
  gb18030: {
    title: "GB18030",
    decode: decodeGb18030,
    wellFormed: wellFormedBy(gb18030CharacterAt),
    hint: (line) => (isUtf8(line) ? "its bytes look like UTF-8: send the file as `text/csv`" : ""),
  },
};

/**
 * Cuts a file into whole lines of UTF-8 with flat memory. A line end is one byte in both charsets
 * and part of no other character of them, so lines can be found before anything is decoded.
 */
export function createTextLines(charset: CsvFormat["charset"], maxLineBytes: number): TextLines {
  const { title, decode, wellFormed, hint } = charsets[charset];
  let pending: Buffer = Buffer.alloc(0);
  let started = false;

  /** The lines one by one, where together they do not decode. */
  function* eachLine(bytes: Buffer): Iterable<TextPiece> {
    let good = 0;
    let at = 0;
    while (at < bytes.length) {
      const end = bytes.indexOf(newline, at);
      const next = end === -1 ? bytes.length : end + 1;
      const line = bytes.subarray(at, next);
      if (decode(line) === undefined) {
        yield* text(bytes.subarray(good, at));
        const length = wellFormed(line);
        yield { kind: "bad", prefix: decode(line.subarray(0, length)) ?? Buffer.alloc(0), charset: title, hint: hint(line) };
        good = next;
      }
      at = next;
    }
    yield* text(bytes.subarray(good));
  }

  function* text(bytes: Buffer): Iterable<TextPiece> {
    const decoded = decode(bytes);
    if (decoded !== undefined && decoded.length > 0) yield { kind: "lines", bytes: decoded };
  }

  return {
    *push(chunk, last) {
      const bytes: Buffer =
        pending.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([pending, chunk]);
      const whole = last ? bytes.length : bytes.lastIndexOf(newline) + 1;
      const lines = bytes.subarray(0, whole);
      if (!started && lines.length > 0) {
        started = true;
        // In GB18030 the mark reads as some rare character, and the header would seem to lack a column.
        if (charset !== "utf-8" && lines.subarray(0, utf8Mark.length).equals(utf8Mark)) {
          yield {
            kind: "bad",
            prefix: Buffer.alloc(0),
            charset: title,
            hint: "it begins with the mark of UTF-8: send it as `text/csv`",
          };
        }
      }
      const decoded = decode(lines);
      if (decoded === undefined) yield* eachLine(lines);
      else if (decoded.length > 0) yield { kind: "lines", bytes: decoded };
      pending = Buffer.from(bytes.subarray(whole));
      if (pending.length > maxLineBytes) yield { kind: "long" };
    },
  };
}
