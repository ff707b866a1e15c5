import Type, { type TSchema } from "typebox";

/** What every setting says of itself; the reference page is made from it. */
export interface Meaning {
  readonly description: string;
  /** "ms", "bytes", "rows", "owners" …, or "" where the value has none. */
  readonly unit: string;
  /** A valid value, printed when a setting is refused. */
  readonly examples: readonly [string | number | boolean | readonly unknown[]];
  /** Fields of a list's entries only: what holds where the field is left out. */
  readonly default?: string | number | readonly string[];
}

export const count = (minimum: number, maximum: number, meaning: Meaning) => Type.Integer({ minimum, maximum, ...meaning });
export const text = (meaning: Meaning & { readonly pattern?: string }) => Type.String({ minLength: 1, ...meaning });
export const flag = (meaning: Meaning) => Type.Boolean({ ...meaning });
export const list = <T extends TSchema>(
  entry: T,
  meaning: Meaning & { readonly minItems?: number; readonly maxItems?: number },
) => Type.Array(entry, { maxItems: 100, ...meaning });
export const group = <T extends Type.TProperties>(properties: T) => Type.Object(properties, { additionalProperties: false });
