import type { Platform } from "../../src/cli/start-platform.ts";
import { childrenOf } from "../../src/engine/process-worker.ts";

/** All processes of a worker: the sandbox's launcher and what runs inside it. */
const treeOf = (pid: number): readonly number[] => [pid, ...childrenOf(pid)];

/**
 * Stops (SIGSTOP) every enclave worker that waits for a job: the jobs that get one stay `running`
 * until somebody ends them. Gives the processes, so that a test may kill or wake them.
 */
export function freezeWaitingWorkers({ engine }: Pick<Platform, "engine">): readonly number[] {
  const frozen = engine
    .workers()
    .filter(({ role, state }) => role === "run" && state === "idle")
    .flatMap(({ pid }) => treeOf(pid));
  for (const pid of frozen) process.kill(pid, "SIGSTOP");
  return frozen;
}
