import { parseArgs } from "node:util";
import { exactCheck, noFigures, textOfFigures } from "../../test/oracle/check-exact.ts";
import { Engine, exact } from "../../test/oracle/engine.ts";
import { runCases } from "../../test/oracle/run-cases.ts";

const usage = `Usage: npm run fuzz:oracle -- [--cases N] [--seed N] [--path P]

Holds N governed statements (10000) over random databases to the oracle, each with and without certificates. Stops at the
first leak or other value and prints it made small, with the seed and the path that give it again. Exit: 0 nothing was
found · 1 something was · 2 usage.
`;

async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: { cases: { type: "string", default: "10000" }, seed: { type: "string" }, path: { type: "string" } },
  });
  const cases = Number(values.cases);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  if (!(Number.isSafeInteger(cases) && cases > 0 && Number.isSafeInteger(seed)))
    throw new TypeError("--cases and --seed are whole numbers");
  const engine = await Engine.open();
  const figures = noFigures();
  try {
    console.error(`seed ${seed}`);
    const failure = await runCases(engine, { seed, cases, path: values.path, way: exact }, exactCheck(engine, figures, 1));
    console.log(textOfFigures(figures));
    for (const [form, { times, example }] of figures.less)
      console.log(`withheld beyond the oracle (${form}), ${times}: ${example}`);
    if (failure !== undefined) console.log(failure);
    return failure === undefined ? 0 : 1;
  } finally {
    engine.close();
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 2;
}
