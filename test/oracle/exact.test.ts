import t from "tap";
import { exactCheck, noFigures, overBlocked, refusals, textOfFigures } from "./check-exact.ts";
import { Engine } from "./engine.ts";
import { runCases, sampleOf } from "./run-cases.ts";

const sample = sampleOf(1200);

t.test(
  `exactly the cells that an independent reading of the rules allows are shown, with the same values (seed ${sample.seed})`,
  async (t) => {
    const engine = await Engine.open();
    t.teardown(() => engine.close());
    const figures = noFigures();
    const failure = await runCases(engine, sample, exactCheck(engine, figures, 3));
    t.equal(failure, undefined, failure ?? "no leak, no other value");
    t.comment(`seed ${sample.seed}; another: HANGUANG_SEED, more: HANGUANG_CASES`);
    t.comment(textOfFigures(figures));
    for (const [form, { times, example }] of figures.less)
      t.comment(`withheld beyond the oracle (${form}), ${times}: ${example}`);
    t.ok(refusals(figures) < 0.08 * figures.cases, `${refusals(figures)} of ${figures.cases} are outside the language`);
    t.ok(overBlocked(figures) < 0.005 * figures.cases, `${overBlocked(figures)} withhold more than the rules ask`);
    t.ok(figures.telling > 0.35 * figures.cases && figures.hiddenCells > figures.shownCells / 20, "cases decide both ways");
  },
);
