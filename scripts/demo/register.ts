import { idCardCheckCharacter } from "../../src/kernel/china-ids.ts";
import { createCalendar } from "./calendar.ts";
import { DemoError } from "./demo-error.ts";
import { hebeiCounties } from "./hebei-counties.ts";
import type { Sex } from "./personal-names.ts";

/** Days of birth; the register stands as of its last day, before the first visit. */
export const birthCalendar = createCalendar("1923-01-01", "2022-12-31");

const daysOfBirth = birthCalendar.days;
/** Sequence numbers of one day and region: odd for men (1 to 999), even for women (2 to 998). */
const numbersOf = { M: 500, F: 499 } as const;
const strideOf = { M: 137, F: 173 } as const; // prime to the counts above, so that all numbers come up

/**
 * What visits need to know of the people, in eight bytes a head: the identity number is put together
 * from it when it is written.
 */
export interface Register {
  readonly count: number;
  /** Enters the next person; the identity number is unique. */
  add(residence: number, birthplace: number, dayOfBirth: number, sex: Sex): number;
  idCard(person: number): string;
  /** Place of the county of residence in `hebeiCounties`. */
  residence(person: number): number;
  /** Whole years at the end of 2022. */
  age(person: number): number;
  sex(person: number): Sex;
}

export function createRegister(capacity: number): Register {
  const residences = new Uint8Array(capacity);
  const birthplaces = new Uint8Array(capacity);
  const days = new Uint16Array(capacity);
  const sequences = new Uint16Array(capacity);
  const checks = new Uint8Array(capacity);
  // How many numbers each region has given out for each day and sex: uniqueness in flat memory.
  const given = {
    M: new Uint16Array(hebeiCounties.length * daysOfBirth),
    F: new Uint16Array(hebeiCounties.length * daysOfBirth),
  };
  const lastYear = birthCalendar.year(daysOfBirth - 1);
  let count = 0;

  function numberFor(birthplace: number, day: number, sex: Sex): number {
    const place = birthplace * daysOfBirth + day;
    const used = given[sex][place] ?? 0;
    const numbers = numbersOf[sex];
    if (used >= numbers) {
      throw new DemoError("DEMO_ARGUMENT", "more people than there are identity numbers: ask for at most 20 million");
    }
    given[sex][place] = used + 1;
    const turn = (place * 31 + used * strideOf[sex]) % numbers;
    return sex === "M" ? turn * 2 + 1 : turn * 2 + 2;
  }

  function first17(person: number): string {
    const region = hebeiCounties[birthplaces[person] ?? 0]?.code ?? "";
    return region + birthCalendar.compact(days[person] ?? 0) + String(sequences[person]).padStart(3, "0");
  }

  return {
    get count() {
      return count;
    },
    add: (residence, birthplace, day, sex) => {
      if (count >= capacity) throw new DemoError("DEMO_ARGUMENT", "the register is full");
      const person = count++;
      residences[person] = residence;
      birthplaces[person] = birthplace;
      days[person] = day;
      sequences[person] = numberFor(birthplace, day, sex);
      checks[person] = idCardCheckCharacter(first17(person))?.charCodeAt(0) ?? 0;
      return person;
    },
    idCard: (person) => first17(person) + String.fromCharCode(checks[person] ?? 0),
    residence: (person) => residences[person] ?? 0,
    age: (person) => lastYear - birthCalendar.year(days[person] ?? 0),
    sex: (person) => ((sequences[person] ?? 0) % 2 === 1 ? "M" : "F"),
  };
}
