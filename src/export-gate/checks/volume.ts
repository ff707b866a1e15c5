import { type Check, pass } from "./check.ts";

/** Rows about as many as a tenth of the owners behind them are nearer to records than to statistics. */
export const volume: Check = {
  id: "volume",
  title: "Few rows for the owners behind them",
  article: "24",
  run: ({ rerun, rules }) => {
    const rows = rerun.content.rows.length;
    const owners = rerun.evidence
      .filter(({ verdict }) => verdict === "pass")
      .flatMap((cell) => cell.owners.slice(0, 1))
      .reduce((sum, one) => sum + one.owners, 0);
    const evidence = { rows, owners };
    // A row of figures stands for k owners at least; half as many rows as that allows is a person's to judge.
    if (rows === 0 || owners === 0 || rows * rules.minOwners * 2 <= owners) return pass(evidence);
    return { verdict: "review", evidence, mitigation: "Use coarser groups." };
  },
};
