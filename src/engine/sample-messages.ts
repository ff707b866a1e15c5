/** What a sample tells of one column: counts and forms, never a value. */
export interface ColumnSample {
  /** The header's text: the only text of the file that leaves. */
  readonly name: string;
  readonly values: number;
  readonly nulls: number;
  readonly distinct: number;
  readonly maxBytes: number;
  readonly meanBytes: number;
  /** Declarable types that every value has, the narrowest first; VARCHAR last, always. */
  readonly types: readonly string[];
  /** Values that begin with a zero that a number would lose. */
  readonly leadingZeros: number;
  /** How many values have a telling form. */
  readonly forms: Readonly<Record<ValueForm, number>>;
}

/** Forms that point at persons and enterprises, and at what people write. */
export const valueForms = ["id-card", "uscc", "mobile", "email", "prose"] as const;

export type ValueForm = (typeof valueForms)[number];

export interface Sampled {
  readonly kind: "sampled";
  readonly rows: number;
  /** False: the sample was cut, the file goes on. */
  readonly whole: boolean;
  readonly columns: readonly ColumnSample[];
}
