import type { Content } from "../content.ts";
import { toCsv } from "./csv.ts";
import { toArrow } from "./flechette-arrow.ts";
import { toParquet } from "./hyparquet-parquet.ts";

/** Formats in which a result is shown whole, each a writer of checked content and of nothing else. */
export const wholeFormats = {
  csv: (content: Content): Uint8Array => Buffer.from(toCsv(content)),
  parquet: toParquet,
  arrow: toArrow,
} as const;

export type WholeFormat = keyof typeof wholeFormats;
