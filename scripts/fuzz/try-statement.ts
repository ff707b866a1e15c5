import type { Engine } from "../../src/engine/index.ts";
import { platformFloor } from "../../src/policy/index.ts";
import { compileStatement } from "../../src/sandbox/index.ts";
import { fuzzSchema } from "./tables.ts";

/** What became of one statement. */
export interface Tried {
  /** `governed`, the code of the refusal, or `broken`: an exception, which is always a bug. */
  readonly outcome: string;
  readonly broken?: string | undefined;
  /** Of the gateway's own thread, which serves everybody, milliseconds of processor time. */
  readonly ownMs: number;
  /** From the text to the answer, milliseconds of a clock. */
  readonly wallMs: number;
}

/** Compiles a statement the way a job's is, and says what it cost. */
export async function tryStatement(engine: Engine, sql: string): Promise<Tried> {
  const begun = performance.now();
  const before = process.cpuUsage();
  const outcome = await compileStatement(engine.compiler, { sql, parameters: {}, schema: fuzzSchema, rules: platformFloor }).then(
    (answer) => ({ outcome: answer.kind === "compiled" ? "governed" : answer.code }),
    (error: unknown) => ({ outcome: "broken", broken: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
  const { user, system } = process.cpuUsage(before);
  return { ...outcome, ownMs: (user + system) / 1000, wallMs: performance.now() - begun };
}
