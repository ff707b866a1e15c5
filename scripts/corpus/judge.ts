import type { CorpusCase } from "./cases.ts";
import { countShown } from "./compare.ts";
import { judgeLegit } from "./judge-legit.ts";
import { judgeSequence } from "./judge-sequence.ts";
import { judgeSuppressed } from "./judge-suppressed.ts";
import type { StepOutcome } from "./outcome.ts";
import type { Reference } from "./reference/reference.ts";
import { bad, good, type Verdict } from "./verdict.ts";

/** Which steps of a case are submitted, under agreements in `exact`; none: the case is not judged there. */
export function stepsToRun({ steps, expect, mode, exactStopAt }: CorpusCase): number {
  if (mode !== undefined && mode !== "exact") return 0;
  if (expect !== "allow-with-noise") return steps.length;
  return exactStopAt === undefined ? 0 : exactStopAt + 1;
}

/** A refusal that does not say which rule, what it found and where teaches nobody, and may hide a crash. */
function judgeRefusal(outcome: Extract<StepOutcome, { kind: "refused" }>): Verdict {
  if (outcome.rule === "" || outcome.found === "") return bad(`the refusal ${outcome.code} names no rule or nothing it found`);
  if (!outcome.place) return bad(`the refusal ${outcome.code} names no place in the statement`);
  return good(`${outcome.code}: ${outcome.found}`);
}

/** `reject`: refused, or finished with nothing shown at all. */
function judgeRejected(outcome: StepOutcome): Verdict {
  if (outcome.kind === "refused") return judgeRefusal(outcome);
  // Whether a run fails can be the answer that the attacker asked for.
  if (outcome.kind === "failed") return bad(`the job ended as ${outcome.code}, which is no refusal`);
  const shown = countShown(outcome.rows);
  return shown === 0 ? good("finished with nothing shown") : bad(`${shown} cells are shown`);
}

async function judgeOne(one: CorpusCase, sql: string, outcome: StepOutcome, reference: Reference): Promise<Verdict> {
  if (one.expect === undefined) return judgeLegit(outcome, await reference.derive(sql));
  if (outcome.kind !== "done" || one.expect === "reject") return judgeRejected(outcome);
  if (one.expect === "block-export" && outcome.verdict === "block") return good("an export of what is shown is blocked");
  if (countShown(outcome.rows) === 0) return good("finished with nothing shown");
  return judgeSuppressed(outcome.rows, await reference.derive(sql));
}

/** Judges what came of the submitted steps of one case, by the rules of the corpus's README. */
export async function judge(one: CorpusCase, outcomes: readonly StepOutcome[], reference: Reference): Promise<Verdict> {
  if (one.expect === "allow-with-noise") return judgeSequence(one, outcomes, reference);
  const first = one.steps.length > 1 ? (one.stopAt ?? 0) : 0;
  let last = bad("no step was submitted");
  for (const [at, outcome] of outcomes.entries()) {
    const step = outcomes.length > 1 ? `step ${at}: ` : "";
    if (at < first) {
      if (outcome.kind !== "done" || countShown(outcome.rows) === 0) return bad(`${step}must be accepted and was not`);
      continue;
    }
    const verdict = await judgeOne(one, one.steps[at] ?? "", outcome, reference);
    last = { ...verdict, why: `${step}${verdict.why}` };
    if (!verdict.good) return last;
  }
  return last;
}
