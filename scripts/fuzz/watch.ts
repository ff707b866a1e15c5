import type { Engine } from "../../src/engine/index.ts";

/** The greatest resident memory of any compiler process since the last question, bytes. */
export function watchMemory(engine: Engine): { greatest(): number; stop(): void } {
  let greatest = 0;
  const look = (): void => {
    for (const { role, residentBytes } of engine.workers()) if (role === "compile") greatest = Math.max(greatest, residentBytes);
  };
  const timer = setInterval(look, 10);
  return {
    greatest() {
      look();
      const seen = greatest;
      greatest = 0;
      return seen;
    },
    stop: () => clearInterval(timer),
  };
}
