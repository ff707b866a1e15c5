import type { CorpusCase } from "./cases.ts";
import { judge, stepsToRun } from "./judge.ts";
import { describe, type StepOutcome } from "./outcome.ts";
import type { ScratchPlatform } from "./platform.ts";
import type { Reference } from "./reference/reference.ts";
import { type CorpusFiles, registerCase } from "./register-case.ts";
import { submitStep } from "./submit-step.ts";

/** What is known of one case at the end. */
export interface CaseReport {
  readonly id: string;
  readonly class: string;
  readonly expect: string;
  readonly outcome: string;
  /** Undefined: not judged under this protection. */
  readonly good: boolean | undefined;
  readonly why: string;
  /** The run itself broke: nothing is known of the platform's answer. */
  readonly broken: boolean;
}

export interface CaseDeps {
  readonly platform: ScratchPlatform;
  readonly reference: Reference;
  readonly files: CorpusFiles;
}

export async function runCase(one: CorpusCase, { platform, reference, files }: CaseDeps): Promise<CaseReport> {
  const head = { id: one.id, class: one.class, expect: one.expect ?? "accept", broken: false };
  const count = stepsToRun(one);
  if (count === 0)
    return { ...head, outcome: "not judged", good: undefined, why: "the README judges it under another protection only" };
  const outcomes: StepOutcome[] = [];
  try {
    const agreement = await registerCase(platform.people, one.id, files);
    for (const [at, sql] of one.steps.slice(0, count).entries()) {
      const analyst = one.byAnother.includes(at) ? platform.secondAnalyst : platform.people.analyst;
      outcomes.push(await submitStep(analyst, { agreement, sql, wantsExport: one.expect === "block-export" }));
    }
    const { good, why } = await judge(one, outcomes, reference);
    return { ...head, outcome: outcomes.map(describe).join("; "), good, why };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ...head, outcome: [...outcomes.map(describe), "broken"].join("; "), good: false, why, broken: true };
  }
}
