import type { Sex } from "./personal-names.ts";

/** One ICD-10 code with how often it is the reason of a visit and what the visit costs. */
export interface Diagnosis {
  readonly code: string;
  /** Relative frequency among children (0–14), adults (15–59) and the old (60 and over). */
  readonly weights: readonly [child: number, adult: number, old: number];
  /** Median cost of a visit in yuan. */
  readonly cost: number;
  /** Spread of the cost's logarithm. */
  readonly sigma: number;
  /** A condition that brings the same patient back again and again. */
  readonly chronic: boolean;
  /** Only this sex has it. */
  readonly sex?: Sex | undefined;
}

function diagnosis(
  code: string,
  weights: readonly [number, number, number],
  cost: number,
  sigma: number,
  chronic = false,
  sex?: Sex,
): Diagnosis {
  return { code, weights, cost, sigma, chronic, sex };
}

/** Common reasons first; the last are rare and telling: a table of them by county must not be shown. */
export const diagnoses: readonly Diagnosis[] = [
  diagnosis("J06.9", [300, 90, 50], 160, 0.6),
  diagnosis("J20.9", [120, 40, 45], 240, 0.6),
  diagnosis("J18.9", [60, 15, 45], 2600, 0.9),
  diagnosis("J45.9", [25, 8, 12], 420, 0.7, true),
  diagnosis("J44.1", [0, 4, 45], 3200, 0.8, true),
  diagnosis("I10", [0, 90, 240], 210, 0.5, true),
  diagnosis("I25.1", [0, 20, 130], 680, 0.9, true),
  diagnosis("I20.0", [0, 8, 35], 5200, 0.8),
  diagnosis("I21.9", [0, 3, 12], 32000, 0.6),
  diagnosis("I48.9", [0, 3, 18], 900, 0.8, true),
  diagnosis("I50.9", [0, 4, 30], 4800, 0.8, true),
  diagnosis("I63.9", [0, 12, 80], 7600, 0.8),
  diagnosis("I61.9", [0, 3, 9], 28000, 0.7),
  diagnosis("E11.9", [0, 45, 120], 260, 0.6, true),
  diagnosis("E10.9", [3, 2, 1], 380, 0.6, true),
  diagnosis("E78.5", [0, 25, 45], 190, 0.5, true),
  diagnosis("E04.1", [0, 25, 18], 320, 0.7),
  diagnosis("E05.9", [1, 8, 4], 340, 0.6, true),
  diagnosis("K29.5", [6, 50, 45], 310, 0.7),
  diagnosis("K21.9", [1, 20, 18], 290, 0.6),
  diagnosis("K52.9", [60, 30, 18], 220, 0.6),
  diagnosis("K35.8", [6, 10, 3], 9200, 0.5),
  diagnosis("K80.2", [0, 14, 18], 8800, 0.7),
  diagnosis("K40.9", [8, 4, 9], 7600, 0.4),
  diagnosis("K74.6", [0, 4, 5], 4200, 0.9, true),
  diagnosis("K02.9", [45, 40, 24], 350, 0.8),
  diagnosis("M54.5", [0, 60, 55], 260, 0.7),
  diagnosis("M51.2", [0, 28, 30], 1100, 1.1),
  diagnosis("M17.9", [0, 12, 60], 480, 1.0),
  diagnosis("M81.9", [0, 3, 24], 360, 0.6, true),
  diagnosis("M06.9", [0, 8, 9], 620, 0.8, true),
  diagnosis("S06.0", [8, 9, 7], 2900, 0.9),
  diagnosis("S52.5", [9, 7, 12], 3800, 0.9),
  diagnosis("S72.0", [0, 1, 10], 41000, 0.4),
  diagnosis("N39.0", [5, 24, 26], 230, 0.6),
  diagnosis("N20.1", [0, 20, 9], 2600, 0.9),
  diagnosis("N18.5", [0, 3, 5], 520, 0.4, true),
  diagnosis("N76.0", [1, 40, 6], 240, 0.5, false, "F"),
  diagnosis("N40", [0, 2, 38], 310, 0.6, true, "M"),
  diagnosis("H10.9", [25, 14, 12], 130, 0.5),
  diagnosis("H25.9", [0, 3, 40], 6100, 0.4),
  diagnosis("H66.9", [24, 8, 5], 210, 0.5),
  diagnosis("L20.9", [40, 14, 8], 180, 0.5),
  diagnosis("L50.9", [20, 18, 9], 190, 0.5),
  diagnosis("B02.9", [1, 8, 15], 640, 0.7),
  diagnosis("B18.1", [0, 14, 8], 560, 0.6, true),
  diagnosis("A15.0", [0, 3, 3], 1900, 0.9, true),
  diagnosis("F32.9", [1, 16, 8], 330, 0.6, true),
  diagnosis("F41.9", [1, 22, 14], 290, 0.6, true),
  diagnosis("F20.9", [0, 4, 2], 480, 0.8, true),
  diagnosis("G47.0", [0, 22, 26], 240, 0.6),
  diagnosis("G40.9", [4, 4, 4], 390, 0.7, true),
  diagnosis("G20", [0, 1, 12], 520, 0.6, true),
  diagnosis("C34.9", [0, 4, 15], 9800, 0.9, true),
  diagnosis("C16.9", [0, 3, 10], 10200, 0.9, true),
  diagnosis("C50.9", [0, 12, 10], 8600, 0.9, true, "F"),
  diagnosis("C73", [0, 6, 2], 12400, 0.6),
  diagnosis("D50.9", [8, 12, 8], 260, 0.6),
  diagnosis("Z00.0", [60, 60, 40], 280, 0.6),
  diagnosis("B20", [0, 0.6, 0.2], 1300, 0.6, true),
  diagnosis("D66", [0.3, 0.15, 0.05], 3900, 0.6, true),
  diagnosis("E84.9", [0.03, 0.02, 0], 5200, 0.6, true),
  diagnosis("G12.2", [0, 0.08, 0.15], 3100, 0.7, true),
  diagnosis("E75.2", [0.06, 0.05, 0.01], 21000, 0.5, true),
];

/** Kidney failure under dialysis: the patients with a hundred visits and more. */
export const dialysisPlace = diagnoses.findIndex(({ code }) => code === "N18.5");

/** The weight of each diagnosis among people of this sex in this age band, standing conditions alone if asked. */
export function diagnosisWeights(sex: Sex, band: 0 | 1 | 2, chronicOnly: boolean): readonly number[] {
  return diagnoses.map((one) => ((one.sex ?? sex) === sex && (one.chronic || !chronicOnly) ? one.weights[band] : 0));
}
