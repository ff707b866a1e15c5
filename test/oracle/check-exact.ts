import { isDeepStrictEqual } from "node:util";
import { compare, type Difference } from "./comparison.ts";
import type { Case } from "./database.ts";
import { type Engine, tableSql } from "./engine.ts";
import { minimise } from "./minimise.ts";
import { printQuery } from "./print.ts";
import { answer } from "./query.ts";
import type { CheckCase } from "./run-cases.ts";
import type { Statement } from "./statements.ts";

/** What a run of cases came to. */
export interface Figures {
  cases: number;
  /** Statements with at least one figure shown. */
  telling: number;
  shownCells: number;
  hiddenCells: number;
  /** Statements outside the language, by code. */
  readonly refused: Map<string, number>;
  /** Withheld though the oracle shows it, by form, with an example each. */
  readonly less: Map<string, { times: number; readonly example: string }>;
}

export function noFigures(): Figures {
  return { cases: 0, telling: 0, shownCells: 0, hiddenCells: 0, refused: new Map(), less: new Map() };
}

/** Every so many statements are read back as the platform does before it runs one. */
const sealEvery = 10;
const minimiseMs = 30_000;

async function differenceOf(engine: Engine, { query, keys }: Statement, world: Case): Promise<Difference | undefined> {
  const governed = await engine.compile(printQuery(query), false);
  if (governed.kind === "refused") return undefined;
  return compare(answer(query, world), await engine.run(governed.draft), keys);
}

/** The smallest database and statement found for which it is still wrong, as SQL. */
async function reportOf(engine: Engine, statement: Statement, world: Case, difference: Difference): Promise<string> {
  const small = await minimise(
    { ...statement, world },
    async (candidate) => {
      await engine.load(candidate.world);
      return (await differenceOf(engine, candidate, candidate.world).catch(() => undefined))?.kind === difference.kind;
    },
    Date.now() + minimiseMs,
  );
  await engine.load(small.world);
  const found = await differenceOf(engine, small, small.world);
  const rules = JSON.stringify(small.world.rules);
  const tables = small.world.tables.map(tableSql).join("\n");
  const at = found !== undefined && "at" in found ? found.at : "";
  return `${difference.kind}: ${printQuery(statement.query)}\nSmallest: ${printQuery(small.query)}\n${at}\n${rules}\n${tables}`;
}

/** Which form of statement it is, to tell one kind of over-blocking from another. */
function formOf(sql: string): string {
  const forms = ["OVER (", "LEFT JOIN", "RIGHT JOIN", "EXISTS", " IN (SELECT", "UNION ALL", "HAVING", "count(DISTINCT"];
  return forms.filter((form) => sql.includes(form)).join(" ") || "plain";
}

function note({ refused }: Figures, code: string): void {
  refused.set(code, (refused.get(code) ?? 0) + 1);
}

/** Holds the compiler to the oracle: the same cells, the same values; what it withholds beyond that is counted. So many statements run once more without a profile. */
export function exactCheck(engine: Engine, figures: Figures, countedEvery: number): CheckCase {
  return async (statement, world) => {
    const { query, keys } = statement;
    const sql = printQuery(query);
    figures.cases += 1;
    const governed = await engine.compile(sql, figures.cases % sealEvery === 0);
    if (governed.kind === "refused") {
      note(figures, governed.code);
      return undefined;
    }
    const shown = await engine.run(governed.draft);
    if (figures.cases % countedEvery === 0 && !isDeepStrictEqual(await engine.runCounted(governed.draft), shown))
      return `certificates change the figures: ${sql}\n${JSON.stringify(world.rules)}\n${world.tables.map(tableSql).join("\n")}`;
    const difference = compare(answer(query, world), shown, keys);
    switch (difference.kind) {
      case "same":
        figures.shownCells += difference.shown;
        figures.hiddenCells += difference.hidden;
        figures.telling += difference.shown > 0 ? 1 : 0;
        return undefined;
      case "less": {
        const form = formOf(sql);
        const known = figures.less.get(form);
        figures.less.set(form, { times: (known?.times ?? 0) + 1, example: known?.example ?? `${sql}: ${difference.at}` });
        return undefined;
      }
      default:
        return reportOf(engine, statement, world, difference);
    }
  };
}

const total = (numbers: Iterable<number>): number => [...numbers].reduce((sum, number) => sum + number, 0);

export const refusals = ({ refused }: Figures): number => total(refused.values());
export const overBlocked = ({ less }: Figures): number => total([...less.values()].map((one) => one.times));

export function textOfFigures(figures: Figures): string {
  const codes = [...figures.refused].map(([code, times]) => `${code} ${times}`).join(", ");
  return (
    `${figures.cases} statements, ${figures.telling} with figures shown; ${figures.shownCells} cells shown, ${figures.hiddenCells} withheld ` +
    `in shown rows; ${overBlocked(figures)} withheld beyond the oracle; ${refusals(figures)} refused (${codes})`
  );
}
