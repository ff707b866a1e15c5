import type { CorpusCase } from "./cases.ts";
import { countShown } from "./compare.ts";
import type { StepOutcome } from "./outcome.ts";
import type { Cell } from "./reference/cell.ts";
import { determining } from "./reference/leaks.ts";
import type { Reference } from "./reference/reference.ts";
import { shownCells } from "./shown-cells.ts";
import { bad, good, type Verdict } from "./verdict.ts";

/**
 * `allow-with-noise` under `exact`: the steps before the stop are accepted; at it, the statement is
 * refused or the cell is absent that, with what was shown before, determines a figure nobody may see.
 */
export async function judgeSequence(one: CorpusCase, outcomes: readonly StepOutcome[], reference: Reference): Promise<Verdict> {
  const stop = one.exactStopAt ?? 0;
  const before: Cell[] = [];
  for (const [at, outcome] of outcomes.entries()) {
    if (at > stop) break;
    const derived = outcome.kind === "done" ? await reference.derive(one.steps[at] ?? "") : undefined;
    if (at === stop) {
      if (outcome.kind === "refused") return good(`step ${at} is refused: ${outcome.code}`);
      if (outcome.kind === "failed") return bad(`step ${at} ended as ${outcome.code}, which is no refusal`);
      if (countShown(outcome.rows) === 0) return good(`step ${at} shows nothing`);
      if (derived?.kind !== "derived" || derived.linked === undefined)
        return bad(`step ${at} shows figures that the reference cannot judge`);
      const { shown, unknownRows } = shownCells(outcome.rows, derived.linked);
      if (unknownRows > 0) return bad(`step ${at} shows rows that the data do not give`);
      const telling = determining(shown, before).length;
      if (telling > 0) return bad(`step ${at} shows ${telling} cells that determine, with those before, a figure nobody may see`);
      const all = derived.linked.rows.flatMap(({ cells }) => cells.cells);
      // The corpus says that there is one: where none is found, nothing shown can be trusted.
      return determining(all, before).length > 0
        ? good(`step ${at} shows ${shown.length} cells, the determining one is absent`)
        : bad(`step ${at} shows figures, and the reference does not find the determining one`);
    }
    if (outcome.kind !== "done" || countShown(outcome.rows) === 0) return bad(`step ${at} must be accepted and was not`);
    if (derived?.kind === "derived" && derived.linked !== undefined)
      before.push(...shownCells(outcome.rows, derived.linked).shown);
  }
  return bad(`step ${stop} was not submitted`);
}
