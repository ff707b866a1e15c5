import { type Check, pass } from "./check.ts";

const longest = 64;

/** Column names come from the statement; long ones and runs of digits could carry data out beside the cells. */
export const namesAsData: Check = {
  id: "names-as-data",
  title: "Column names that look like names",
  article: "24",
  run: ({ rerun }) => {
    const odd = rerun.content.columns
      .map(({ name }) => name)
      .filter((name) => name.length > longest || /\d{6}/.test(name.normalize("NFKC")));
    if (odd.length === 0) return pass({ odd: 0 });
    return { verdict: "review", evidence: { odd: odd.length }, mitigation: "Give the columns short names without long numbers." };
  },
};
