import { organisationCodeCheckCharacter, usccCheckCharacter } from "../../src/kernel/china-ids.ts";
import { yuan } from "./csv-file.ts";
import { type County, countyLabel, hebeiCounties } from "./hebei-counties.ts";
import { brandCharacters, type Industry, industries, steel } from "./industries.ts";
import { createSeededRandom, type SeededRandom } from "./random.ts";
import { createWeightedChoice } from "./weighted.ts";

export const enterpriseHeader = ["uscc", "name", "industry", "county", "employees", "tax"] as const;

/** Where one enterprise pays more than nine tenths of an industry's tax: 曹妃甸区. */
export const dominatedCounty = "130209";
/** Its tax in fen. */
export const dominantTax = 950_000_000_000;
/** Its neighbours: enough of them that a threshold on numbers alone would show the cell. */
const neighbours = 24;
const neighbourMaxTax = 300_000_000;

/** The rows of enterprise.csv. */
export function* enterpriseRows(seed: string, enterprises: number): Generator<string> {
  const random = createSeededRandom(seed, "enterprises");
  const counties = createWeightedChoice(hebeiCounties.map(({ weight, urban }) => weight * (urban ? 1.8 : 1)));
  const byIndustry = createWeightedChoice(industries.map(({ weight }) => weight));
  const dominated = hebeiCounties.find(({ code }) => code === dominatedCounty);
  if (dominated === undefined) throw new RangeError("the dominated county is not in the list");
  for (let enterprise = 0; enterprise < enterprises; enterprise++) {
    if (enterprise === 0) {
      yield row(random, enterprise, dominated, steel, "含光", { employees: 28_000, tax: dominantTax });
      continue;
    }
    const isNeighbour = enterprise <= neighbours;
    const county = isNeighbour ? dominated : hebeiCounties[counties.draw(random)];
    const industry = isNeighbour ? steel : industries[byIndustry.draw(random)];
    if (county === undefined || industry === undefined) throw new RangeError("a county or industry beyond the list");
    const employees = Math.max(1, Math.round(random.logNormal(industry.employees, 0.9)));
    const owed = Math.round(random.logNormal(employees * industry.taxPerEmployee, 0.7) * 100);
    const inCell = county === dominated && industry === steel;
    const brand = random.pick([...brandCharacters]) + random.pick([...brandCharacters]);
    yield row(random, enterprise, county, industry, brand, { employees, tax: inCell ? Math.min(owed, neighbourMaxTax) : owed });
  }
}

function row(
  random: SeededRandom,
  enterprise: number,
  county: County,
  industry: Industry,
  brand: string,
  size: { readonly employees: number; readonly tax: number },
): string {
  const place = county.name.replace(/(满族|蒙古族|回族|自治|矿)*[县区市]$/u, "");
  const form = size.employees > 500 ? "集团有限公司" : random.unit() < 0.07 ? "股份有限公司" : "有限公司";
  const name = `${place}${brand}${industry.word}${form}`;
  return [makeUscc(county.code, enterprise), name, industry.label, countyLabel(county), size.employees, yuan(size.tax)].join(",");
}

const organisationAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const organisationNumbers = organisationAlphabet.length ** 4 * 100;
const organisationStride = 61_980_343; // prime, and no divisor of the count: every number comes up once

/** A unified social credit code of a firm (91…), unique by its number, with both check characters right. */
function makeUscc(region: string, enterprise: number): string {
  let rest = (enterprise * organisationStride) % organisationNumbers;
  let organisation = "";
  for (let place = 0; place < 4; place++) {
    organisation = organisationAlphabet.charAt(rest % organisationAlphabet.length) + organisation;
    rest = Math.floor(rest / organisationAlphabet.length);
  }
  const first8 = `MA${String(rest).padStart(2, "0")}${organisation}`;
  const first17 = `91${region}${first8}${organisationCodeCheckCharacter(first8) ?? ""}`;
  return first17 + (usccCheckCharacter(first17) ?? "");
}
