import type { ColumnType } from "../column-type.ts";

/** Says whether the bytes [start, end) are a value of the type; what they are not is in `expected`. */
export interface ValueCheck {
  readonly expected: string;
  accepts(bytes: Buffer, start: number, end: number): boolean;
}

const zero = 0x30;
const nine = 0x39;
const minus = 0x2d;
const dot = 0x2e;

function digitsFrom(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const byte = bytes[at] ?? 0;
    if (byte < zero || byte > nine) break;
    at++;
  }
  return at - start;
}

function isCalendarDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = month === 2 ? (leap ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return day <= days;
}

function number(bytes: Buffer, start: number, length: number): number {
  let value = 0;
  for (let at = start; at < start + length; at++) value = value * 10 + (bytes[at] ?? 0) - zero;
  return value;
}

function isDate(bytes: Buffer, start: number, end: number): boolean {
  return (
    end - start === 10 &&
    digitsFrom(bytes, start, end) === 4 &&
    bytes[start + 4] === minus &&
    digitsFrom(bytes, start + 5, end) === 2 &&
    bytes[start + 7] === minus &&
    digitsFrom(bytes, start + 8, end) === 2 &&
    isCalendarDay(number(bytes, start, 4), number(bytes, start + 5, 2), number(bytes, start + 8, 2))
  );
}

const timeOfDay = /^[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?$/;
const double = /^-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const truth = /^(?:true|false|TRUE|FALSE|0|1)$/;
const longestNumber = 400;

function short(bytes: Buffer, start: number, end: number): string {
  return end - start > longestNumber ? "" : bytes.toString("latin1", start, end);
}

/** Digits that every integer of the type can have without a comparison. */
function safeDigits(max: bigint): number {
  return String(max).length - 1;
}

/**
 * Lexical rules, stricter than the engine's casts: nothing is rounded, trimmed or guessed, so what
 * is stored is what was handed in.
 */
export function valueCheck(type: ColumnType): ValueCheck {
  switch (type.kind) {
    case "integer": {
      const safe = safeDigits(type.max);
      return {
        expected: `a whole number from ${type.min} to ${type.max}`,
        accepts(bytes, start, end) {
          const first = bytes[start] === minus ? start + 1 : start;
          const digits = digitsFrom(bytes, first, end);
          if (digits === 0 || first + digits !== end) return false;
          if (digits <= safe) return true;
          const text = short(bytes, start, end);
          if (text === "") return false;
          const value = BigInt(text.startsWith("-") ? text.slice(1) : text) * (text.startsWith("-") ? -1n : 1n);
          return value >= type.min && value <= type.max;
        },
      };
    }
    case "decimal": {
      const whole = type.precision - type.scale;
      return {
        expected: `a decimal number with at most ${whole} digits before and ${type.scale} after the point`,
        accepts(bytes, start, end) {
          const first = bytes[start] === minus ? start + 1 : start;
          const before = digitsFrom(bytes, first, end);
          let zeros = 0;
          while (zeros < before && bytes[first + zeros] === zero) zeros++;
          if (before === 0 || before - zeros > whole) return false;
          const point = first + before;
          if (point === end) return true;
          const after = digitsFrom(bytes, point + 1, end);
          return bytes[point] === dot && after > 0 && after <= type.scale && point + 1 + after === end;
        },
      };
    }
    case "double":
      return {
        expected: "a finite number",
        accepts: (bytes, start, end) => {
          const text = short(bytes, start, end);
          return double.test(text) && Number.isFinite(Number(text));
        },
      };
    case "boolean":
      return {
        expected: "true, false, 1 or 0",
        accepts: (bytes, start, end) => end - start <= 5 && truth.test(bytes.toString("latin1", start, end)),
      };
    case "date":
      return { expected: "a date YYYY-MM-DD", accepts: isDate };
    case "timestamp":
      return {
        expected: "a date and time YYYY-MM-DD HH:MM:SS[.ffffff] without a zone",
        accepts: (bytes, start, end) =>
          end - start <= 26 &&
          isDate(bytes, start, start + 10) &&
          (end - start === 10 || timeOfDay.test(bytes.toString("latin1", start + 10, end))),
      };
    case "text":
      return { expected: "text without NUL", accepts: (bytes, start, end) => noNul(bytes, start, end) };
  }
}

function noNul(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === 0) return false;
  return true;
}
