import { readFileSync } from "node:fs";
import { childrenOf } from "../../src/engine/process-worker.ts";

/** When a process began, in ticks since boot: with its id, it is never another's. Undefined: it has ended. */
function beginOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    // A zombie has ended, whoever has not looked yet.
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Every process that was ever seen below those that are watched. */
export interface Watch {
  add(pid: number): void;
  /** Of all that were seen, those that live. */
  alive(): readonly number[];
  close(): void;
}

export function watchProcesses(): Watch {
  const roots = new Set<number>();
  const seen = new Map<string, number>();
  const look = (): void => {
    for (const pid of [...roots].flatMap((root) => [root, ...childrenOf(root)])) {
      const begin = beginOf(pid);
      if (begin !== undefined) seen.set(`${pid} ${begin}`, pid);
    }
  };
  const timer = setInterval(look, 100);
  return {
    add: (pid) => void roots.add(pid),
    alive: () => [...seen].filter(([key, pid]) => key === `${pid} ${beginOf(pid)}`).map(([, pid]) => pid),
    close: () => clearInterval(timer),
  };
}
