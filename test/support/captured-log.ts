import { randomBytes } from "node:crypto";

/** What the platform logged, line by line. */
export function captureLog() {
  const lines: string[] = [];
  return {
    lines,
    target: { write: (line: string) => void lines.push(line) },
    parsed: () => lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>),
  };
}

/** A text that stands nowhere by chance; letters and digits only, so that no quoting changes it. */
export const makeMarker = (): string => `Zq7${randomBytes(9).toString("hex")}`;

/** The marker as base64 has it, at each of the three places it may begin in a group of three bytes. */
function base64Forms(marker: string): readonly string[] {
  return [0, 1, 2].map((offset) => {
    const coded = Buffer.concat([Buffer.alloc(offset), Buffer.from(marker)]).toString("base64");
    // The first and last groups hold bits of the neighbours.
    return coded.slice(offset === 0 ? 0 : 4, -4);
  });
}

/** Every way in which a text may have kept the marker. */
export function formsOf(marker: string): readonly string[] {
  const bytes = Buffer.from(marker);
  const hex = bytes.toString("hex");
  const percent = Array.from(bytes, (byte) => `%${byte.toString(16)}`).join("");
  return [marker, ...base64Forms(marker), hex, percent, [...marker].reverse().join("")];
}

/** Lines that hold one of the markers in any form, case aside. */
export function linesWith(lines: readonly string[], markers: readonly string[]): readonly string[] {
  const forms = markers.flatMap(formsOf).map((form) => form.toLowerCase());
  return lines.filter((line) => forms.some((form) => line.toLowerCase().includes(form)));
}
