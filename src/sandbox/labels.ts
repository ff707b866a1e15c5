import { parsePlainText } from "../catalog/index.ts";

export const maxLabels = 16;
/** Characters of one label. */
export const maxLabelLength = 50;

/** Labels in one form, each once; undefined where one is no plain text, or there are too many. */
export function parseLabels(labels: readonly string[]): readonly string[] | undefined {
  if (labels.length > maxLabels) return undefined;
  const plain = labels.map((label) => parsePlainText(label, maxLabelLength));
  return plain.every((label) => label !== undefined) ? [...new Set(plain)] : undefined;
}
