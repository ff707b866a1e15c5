import type { Worker } from "./process-worker.ts";

const sampleMs = 100;

/** Kills a worker that outstays its time or outgrows its memory; `stop` ends the watch. */
export function watchWorker(
  worker: Worker,
  bounds: { readonly timeoutMs: number; readonly memoryBytes: number },
): { stop(): void } {
  const late = setTimeout(() => worker.kill("timeout"), bounds.timeoutMs);
  const heavy = setInterval(() => {
    if (worker.residentBytes() > bounds.memoryBytes) worker.kill("memory");
  }, sampleMs);
  return {
    stop() {
      clearTimeout(late);
      clearInterval(heavy);
    },
  };
}
