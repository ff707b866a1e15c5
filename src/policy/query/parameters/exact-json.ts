declare global {
  // ECMAScript 2026 (proposal-json-parse-with-source); Node has it, TypeScript's library not yet.
  interface JSON {
    parse(text: string, reviver: (key: string, value: unknown, context: { readonly source: string }) => unknown): unknown;
    rawJSON(text: string): object;
    isRawJSON(value: unknown): boolean;
  }
}

/** A number that `JSON.stringify` writes exactly so. */
export function exactNumber(text: string): unknown {
  return JSON.rawJSON(text);
}

/**
 * Parses a tree so that writing it again changes no number: the engine tells `2.0` from `2`, and its
 * unknown place 2^64 − 1 does not survive a JavaScript number.
 */
export function parseExactly(text: string): unknown {
  return JSON.parse(text, (_key, value, { source }) => (typeof value === "number" ? exactNumber(source) : value));
}

export function isExactNumber(value: unknown): boolean {
  return JSON.isRawJSON(value);
}
