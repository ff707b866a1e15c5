import { startsFormula } from "../formats/csv.ts";
import { type Check, pass } from "./check.ts";

/** Cells that a spreadsheet would run as a formula; the package neutralises them, a person should know. */
export const formulaCells: Check = {
  id: "formula-cells",
  title: "No cell or column name that a spreadsheet would run",
  article: "22",
  run: ({ rerun }) => {
    const { columns, rows } = rerun.content;
    const texts = [...columns.map(({ name }) => name), ...rows.flat().filter((cell) => typeof cell === "string")];
    const cells = texts.filter(startsFormula).length;
    if (cells === 0) return pass({ cells });
    return {
      verdict: "review",
      evidence: { cells },
      mitigation: "Rename the label so that it does not begin with = + - @; in data.csv an apostrophe is put before it.",
    };
  },
};
