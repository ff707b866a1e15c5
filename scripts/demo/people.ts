import { yuan } from "./csv-file.ts";
import { countyLabel, hebeiCounties } from "./hebei-counties.ts";
import { drawPersonalName } from "./personal-names.ts";
import { createSeededRandom, type SeededRandom } from "./random.ts";
import { birthCalendar, type Register } from "./register.ts";
import { makeSettlements } from "./townships.ts";
import { apportion, createWeightedChoice } from "./weighted.ts";

export const personHeader = ["id_card", "name", "phone", "birth_date", "gender", "county", "township", "income"] as const;

/** Yearly income in fen of the one person whom every sum must be protected against. */
export const outlierIncome = 50_000_000_000;

// Share of each five years of age, from 0–4 to 95–99: the census of 2020 in Hebei, roughly.
const pyramid = [5.3, 7.3, 7.6, 5.4, 4.9, 5.6, 8.7, 7.5, 6.2, 7.3, 8.0, 7.5, 5.9, 5.6, 3.7, 2.2, 1.4, 0.7, 0.2, 0.05];
const ageBand = createWeightedChoice(pyramid);
const yearsOfBand = 5;

const phonePrefixes =
  "130 131 132 133 134 135 136 137 138 139 150 151 152 155 156 157 158 159 166 173 175 176 177 178 180 181 182 183 185 186 187 188 189 191 193 198 199".split(
    " ",
  );

/** The rows of person.csv, county by county as a register has them; enters each person in the register. */
export function* personRows(seed: string, people: number, register: Register): Generator<string> {
  const random = createSeededRandom(seed, "people");
  const birthplaces = createWeightedChoice(hebeiCounties.map(({ weight }) => weight));
  const residents = apportion(
    people,
    hebeiCounties.map(({ weight }) => weight),
  );
  // 迁西县: middling, rural, so that one income outweighs the whole county.
  const outlierCounty = hebeiCounties.findIndex(({ code }) => code === "130227");
  for (const [residence, county] of hebeiCounties.entries()) {
    const count = residents[residence] ?? 0;
    const settlements = makeSettlements(seed, county, count);
    const townships = createWeightedChoice(settlements.weights);
    const villagers = settlements.tinyVillages.flatMap(({ name, residents: some }) => Array.from({ length: some }, () => name));
    for (let resident = 0; resident < count; resident++) {
      const day = drawDayOfBirth(random);
      const year = birthCalendar.year(day);
      const sex = random.unit() < shareOfMen(year) ? "M" : "F";
      const birthplace = random.unit() < 0.88 ? residence : birthplaces.draw(random);
      const person = register.add(residence, birthplace, day, sex);
      const township = villagers[resident] ?? settlements.townships[townships.draw(random)] ?? "";
      const isOutlier = residence === outlierCounty && resident === count - 1;
      const income = isOutlier ? outlierIncome : drawIncome(random, register.age(person), county.urban);
      yield [
        register.idCard(person),
        drawPersonalName(random, sex, year),
        random.pick(phonePrefixes) + String(random.below(100_000_000)).padStart(8, "0"),
        birthCalendar.iso(day),
        sex,
        countyLabel(county),
        township,
        income === undefined ? "" : yuan(income),
      ].join(",");
    }
  }
}

function drawDayOfBirth(random: SeededRandom): number {
  const age = ageBand.draw(random) * yearsOfBand + random.unit() * yearsOfBand;
  return Math.max(0, birthCalendar.days - 1 - Math.floor(age * 365.2425));
}

/** More boys than girls are born, more women than men grow old. */
function shareOfMen(yearOfBirth: number): number {
  if (yearOfBirth < 1943) return 0.43;
  if (yearOfBirth < 1963) return 0.49;
  return yearOfBirth < 1995 ? 0.505 : 0.528;
}

/** Fen a year; none (NULL) under 16. */
function drawIncome(random: SeededRandom, age: number, urban: boolean): number | undefined {
  if (age < 16) return undefined;
  const median = age >= 62 ? (urban ? 31_000 : 9_000) : urban ? 46_000 : 24_000;
  return Math.round(Math.min(random.logNormal(median, 0.62), 9_000_000) * 100);
}
