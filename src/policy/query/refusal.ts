import { type QueryRefusalCode, refusalTexts } from "./refusal-codes.ts";
import { type TextPosition, textPosition } from "./text-position.ts";

/** "No" to a statement, as a value that teaches: about the caller's own text and the schema it may see, never about data. */
export interface QueryRefusal {
  readonly kind: "refused";
  readonly code: QueryRefusalCode;
  readonly at?: TextPosition | undefined;
  readonly rule: string;
  /** What stands in the statement. */
  readonly found: string;
  /** What would be accepted. */
  readonly instead: string;
}

/** Byte offset into the statement, as the engine's tree gives it; absent for what the parser itself made up. */
export type At = number | undefined;

/**
 * How a refusal travels from the depth of a tree to `compileQuery`, which alone catches it: it never
 * leaves this folder, where callers only ever see the value.
 */
export class RefusalSignal extends Error {
  readonly code: QueryRefusalCode;
  readonly at: At;
  readonly found: string;
  readonly instead: string | undefined;

  constructor(code: QueryRefusalCode, at: At, found: string, instead?: string) {
    super(code);
    this.code = code;
    this.at = at;
    this.found = found;
    this.instead = instead;
  }
}

/** Ends the compilation with a refusal. */
export function stop(code: QueryRefusalCode, at: At, found: string, instead?: string): never {
  throw new RefusalSignal(code, at, found, instead);
}

function toRefusal(signal: RefusalSignal, text: string): QueryRefusal {
  const fixed = refusalTexts[signal.code];
  return Object.freeze({
    kind: "refused",
    code: signal.code,
    at: signal.at === undefined ? undefined : textPosition(text, signal.at),
    rule: fixed.rule,
    found: signal.found,
    instead: signal.instead ?? fixed.instead,
  });
}

/** Runs what may `stop`, and gives the refusal as the value that callers see; `text` is what its place is in. */
export function refusable<T>(text: string, work: () => T): T | QueryRefusal {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof RefusalSignal) return toRefusal(thrown, text);
    throw thrown;
  }
}
