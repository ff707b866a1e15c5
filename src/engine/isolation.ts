import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { bwrapLaunchpad, findBwrap, type Launchpad, namespacesOf, plainLaunchpad } from "./bwrap-command.ts";
import { EngineError } from "./errors.ts";
import { isRecord, textsOf } from "./message-shape.ts";
import { childrenOf, startWorker } from "./process-worker.ts";

export type IsolationLevel = "namespaces" | "engine-settings-only";

/** What a captured worker could not do when it was tried at start; each `true` was seen, not assumed. */
export interface IsolationMeasured {
  /** Host files (/etc/passwd, the data folder, the repository) cannot be read. */
  readonly filesHidden: boolean;
  /** Its slot and its program cannot be written. */
  readonly filesReadOnly: boolean;
  /** It has a network namespace of its own, with a loopback only. */
  readonly network: boolean;
  /** It sees no process but its own (own pid namespace). */
  readonly processes: boolean;
  /** Effective, permitted and bounding capabilities are empty and none can be gained. */
  readonly capabilities: boolean;
  readonly environment: boolean;
}

export interface IsolationReport {
  readonly level: IsolationLevel;
  readonly measured: IsolationMeasured;
  /** Why the level is not `namespaces`; for operators of the platform. */
  readonly reason?: string | undefined;
}

const nothingMeasured: IsolationMeasured = {
  filesHidden: false,
  filesReadOnly: false,
  network: false,
  processes: false,
  capabilities: false,
  environment: false,
};

const probeTimeoutMs = 10_000;

/**
 * Tries the strongest isolation there is and measures it with a probe process that attempts what
 * an attacker would. Throws `ENGINE_ISOLATION_TOO_WEAK` where it falls short and that is not allowed.
 */
export async function measureIsolation(deps: {
  readonly dataDir: string;
  readonly workDir: string;
  readonly allowWeak: boolean;
  /** Path of bubblewrap; found in the system's places by default. */
  readonly bwrap?: string | undefined;
}): Promise<{ readonly launchpad: Launchpad; readonly report: IsolationReport }> {
  const bwrap = deps.bwrap === undefined || existsSync(deps.bwrap) ? (deps.bwrap ?? findBwrap()) : undefined;
  const strong = bwrap === undefined ? undefined : bwrapLaunchpad(bwrap);
  const probed =
    strong === undefined
      ? { measured: nothingMeasured, reason: "bubblewrap (bwrap) is not installed" }
      : await probe(strong, deps);
  const missing = Object.entries(probed.measured).flatMap(([claim, held]) => (held ? [] : [claim]));
  if (strong !== undefined && missing.length === 0)
    return { launchpad: strong, report: { level: "namespaces", measured: probed.measured } };

  const reason = probed.reason ?? `not achieved: ${missing.join(", ")}`;
  if (!deps.allowWeak)
    throw new EngineError(
      "ENGINE_ISOLATION_TOO_WEAK",
      `Workers cannot be isolated on this machine (${reason}). Install bubblewrap and allow user namespaces, or set enclave.allowWeakIsolation for a trial without protected data.`,
    );
  const launchpad = plainLaunchpad();
  const weak = await probe(launchpad, deps);
  return { launchpad, report: { level: "engine-settings-only", measured: weak.measured, reason } };
}

async function probe(
  launchpad: Launchpad,
  deps: { readonly dataDir: string; readonly workDir: string },
): Promise<{ measured: IsolationMeasured; reason?: string }> {
  const slot = { host: join(deps.workDir, "probe-slot"), inside: "/slot", writable: false };
  await mkdir(slot.host, { recursive: true, mode: 0o700 });
  const program = import.meta.dirname;
  const worker = startWorker({
    role: "probe",
    ...launchpad.command("probe", [slot], { tmpBytes: 1_048_576, heapMiB: 64 }),
    maxFrameBytes: 65_536,
  });
  const late = setTimeout(() => worker.kill("timeout"), probeTimeoutMs);
  try {
    const ready = await worker.receive();
    if (ready.kind === "gone") return { measured: nothingMeasured, reason: worker.startupNoise() || `probe ended: ${ready.end}` };
    // The role itself runs below bubblewrap's own monitor process.
    const inner = childrenOf(worker.pid).at(-1) ?? worker.pid;
    const status = await readFile(`/proc/${inner}/status`, "latin1").catch(() => "");
    const [ours, theirs] = [namespacesOf("self"), namespacesOf(inner)];
    const separate = (kind: string): boolean => theirs[kind] !== undefined && theirs[kind] !== ours[kind];

    worker.send({
      read: ["/etc/passwd", "/etc/hostname", "/root", "/home", "/proc/1/environ", "/sys", deps.dataDir, program, slot.host],
      write: ["/", "/app", "/app/src/engine", "/slot", "/usr", "/lib", slot.host, deps.dataDir],
    });
    const answer = await worker.receive();
    if (answer.kind === "gone" || !isRecord(answer.value))
      return { measured: nothingMeasured, reason: "the probe did not answer" };
    const found = answer.value;
    return {
      measured: {
        filesHidden: separate("mnt") && textsOf(found["readable"])?.length === 0,
        filesReadOnly: separate("mnt") && textsOf(found["writable"])?.length === 0,
        network: separate("net") && textsOf(found["interfaces"])?.length === 0,
        processes: separate("pid") && separate("ipc") && typeof found["pid"] === "number" && found["pid"] < 10,
        capabilities:
          separate("user") &&
          /^CapPrm:\t0+$/m.test(status) &&
          /^CapEff:\t0+$/m.test(status) &&
          /^CapBnd:\t0+$/m.test(status) &&
          /^NoNewPrivs:\t1$/m.test(status),
        environment: textsOf(found["environment"])?.length === 0,
      },
    };
  } finally {
    clearTimeout(late);
    worker.kill("finished");
    await worker.ended;
  }
}
