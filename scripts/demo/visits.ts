import { createCalendar } from "./calendar.ts";
import { yuan } from "./csv-file.ts";
import { diagnoses, diagnosisWeights, dialysisPlace } from "./diagnoses.ts";
import { hebeiCounties } from "./hebei-counties.ts";
import type { Sex } from "./personal-names.ts";
import { createSeededRandom, type SeededRandom } from "./random.ts";
import type { Register } from "./register.ts";
import { apportion, createWeightedChoice, type WeightedChoice } from "./weighted.ts";

export const visitHeader = ["visit_id", "id_card", "hospital", "icd10", "visit_date", "cost"] as const;

const calendar = createCalendar("2023-01-01", "2025-12-31");

const noCondition = 255;
/** How often a patient with a standing condition comes for it rather than for something else. */
const shareForCondition = 0.7;
/** Mean visits of a dialysis patient, as a multiple of an ordinary patient's. */
const dialysisFactor = 25;

/** What a person brings to a hospital: how often, and with which standing condition. */
interface Patients {
  readonly choice: WeightedChoice;
  readonly conditions: Uint8Array;
}

/** The rows of visit.csv by date: as hospitals hand them in, one patient's visits far apart. */
export function* visitRows(seed: string, visits: number, register: Register): Generator<string> {
  if (visits === 0) return;
  const random = createSeededRandom(seed, "visits");
  const reasons = makeDiagnosisChoices(false);
  const patients = makePatients(createSeededRandom(seed, "patients"), register);
  let visitId = 100_000_000;
  for (const [day, visitsOfDay] of visitsByDay(seed, visits).entries()) {
    const date = calendar.iso(day);
    for (let visit = 0; visit < visitsOfDay; visit++) {
      const person = patients.choice.draw(random);
      const condition = patients.conditions[person] ?? noCondition;
      const forCondition = condition !== noCondition && random.unit() < shareForCondition;
      const place = forCondition ? condition : reasons.draw(random, register, person);
      const diagnosis = diagnoses[place];
      if (diagnosis === undefined) throw new RangeError("a diagnosis beyond the list");
      const hospital = drawHospital(random, register.residence(person));
      const cost = Math.max(500, Math.round(random.logNormal(diagnosis.cost * hospital.factor, diagnosis.sigma) * 100));
      yield `${visitId++},${register.idCard(person)},${hospital.code},${diagnosis.code},${date},${yuan(cost)}`;
    }
  }
}

function ageBandOf(age: number): 0 | 1 | 2 {
  return age < 15 ? 0 : age < 60 ? 1 : 2;
}

/** Draws the place of a diagnosis that a person of this age and sex may have. */
function makeDiagnosisChoices(chronicOnly: boolean): {
  draw(random: SeededRandom, register: Register, person: number): number;
} {
  const make = (sex: Sex) => ([0, 1, 2] as const).map((band) => createWeightedChoice(diagnosisWeights(sex, band, chronicOnly)));
  const choices = { M: make("M"), F: make("F") };
  return {
    draw: (random, register, person) => choices[register.sex(person)][ageBandOf(register.age(person))]?.draw(random) ?? 0,
  };
}

function makePatients(random: SeededRandom, register: Register): Patients {
  const weights = new Float64Array(register.count);
  const conditions = new Uint8Array(register.count).fill(noCondition);
  const standing = makeDiagnosisChoices(true);
  const shareIll = [0.04, 0.2, 0.62] as const;
  for (let person = 0; person < register.count; person++) {
    const band = ageBandOf(register.age(person));
    // A long tail, as of real patients: most come seldom, some every week.
    let weight = random.logNormal(1, 0.9) * (band === 2 ? 2.2 : band === 0 ? 1.2 : 1);
    if (random.unit() < shareIll[band]) {
      conditions[person] = standing.draw(random, register, person);
      weight *= 2;
    }
    // The first in the register as well: no population is so small that nobody comes every week.
    if (conditions[person] === dialysisPlace || person === 0) {
      conditions[person] = dialysisPlace;
      weight = dialysisFactor * (1 + random.unit());
    }
    weights[person] = weight;
  }
  return { choice: createWeightedChoice(weights), conditions };
}

/** Fewer visits at week-ends, more in winter. */
function visitsByDay(seed: string, visits: number): readonly number[] {
  const random = createSeededRandom(seed, "days");
  const weights: number[] = [];
  for (let day = 0; day < calendar.days; day++) {
    // 1 January 2023 was a Sunday.
    const weekDay = day % 7;
    const month = Number(calendar.iso(day).slice(5, 7));
    const season = month === 12 || month <= 2 ? 1.25 : month >= 6 && month <= 8 ? 0.9 : 1;
    weights.push((weekDay === 0 || weekDay === 6 ? 0.6 : 1) * season * (0.9 + 0.2 * random.unit()));
  }
  return apportion(visits, weights);
}

/** The county's own hospitals, else the city's first district's, seldom one of the provincial capital. */
function drawHospital(random: SeededRandom, residence: number): { readonly code: string; readonly factor: number } {
  const county = hebeiCounties[residence]?.code ?? "";
  const luck = random.unit();
  if (luck < 0.76) return { code: `H${county}0${1 + random.below(3)}`, factor: 1 };
  if (luck < 0.95) return { code: `H${county.slice(0, 4)}02${10 + random.below(4)}`, factor: 1.6 };
  return { code: `H130102${20 + random.below(4)}`, factor: 2.3 };
}
