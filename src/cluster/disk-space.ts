import type { Config } from "../kernel/index.ts";

/** One file system as it is now. */
export interface FileSystem {
  /** Folders of the data folder that stand on it; "" for the data folder itself. */
  readonly folders: readonly string[];
  readonly freeBytes: number;
  readonly sizeBytes: number;
  /** Undefined where the file system does not count them. */
  readonly freeFiles: number | undefined;
}

/** Looks at every file system that the platform writes to. */
export type MeasureDisk = () => Promise<readonly FileSystem[]>;

/** Folders of the data folder into which much is written at one time. */
export type DataFolder = "uploads" | "vault" | "provisions";

/** `low`: nothing is begun that takes much space. `critical`: the gateway is not ready. */
export type DiskLevel = "ok" | "low" | "critical";

export interface DiskSpace {
  /** As last measured. */
  level(): DiskLevel;
  /** Measures now. A measure that fails leaves the level as it was. */
  look(): Promise<DiskLevel>;
  /** Measured now: whether nothing is short, and so many bytes more in that folder leave its file system above its low mark. */
  hasRoom(bytes: number, folder: DataFolder): Promise<boolean>;
  /** The file system with the least room above its low mark. */
  tightest(): FileSystem | undefined;
}

/** A file system with room but without inodes takes nothing either. */
const leastFreeFiles = 1000;
/** To leave a level, so much more must be free than its mark: else a disk at the mark would come and go. */
const relief = 1.05;

const markOf = (bytes: number, percent: number, { sizeBytes }: FileSystem): number =>
  Math.max(bytes, (sizeBytes * percent) / 100);

export function createDiskSpace(deps: {
  readonly marks: Config["storage"];
  readonly measure: MeasureDisk;
  readonly log: (message: string, error?: unknown) => void;
}): DiskSpace {
  const { marks } = deps;
  let level: DiskLevel = "ok";
  let systems: readonly FileSystem[] = [];

  const lowMark = (system: FileSystem): number => markOf(marks.lowFreeBytes, marks.lowFreePercent, system);
  const criticalMark = (system: FileSystem): number => markOf(marks.criticalFreeBytes, marks.criticalFreePercent, system);
  const above = (system: FileSystem): number => system.freeBytes - lowMark(system);
  const isBelow = (mark: (system: FileSystem) => number, factor: number): boolean =>
    systems.some((system) => system.freeBytes < mark(system) * factor);
  const filesAreShort = (): boolean => systems.some(({ freeFiles }) => freeFiles !== undefined && freeFiles < leastFreeFiles);

  const judge = (): DiskLevel => {
    if (isBelow(criticalMark, level === "critical" ? relief : 1)) return "critical";
    return filesAreShort() || isBelow(lowMark, level === "ok" ? 1 : relief) ? "low" : "ok";
  };
  const look = async (): Promise<DiskLevel> => {
    try {
      systems = await deps.measure();
      level = judge();
    } catch (error) {
      deps.log("free disk space could not be measured", error);
    }
    return level;
  };
  return {
    level: () => level,
    look,
    hasRoom: async (bytes, folder) => {
      if ((await look()) !== "ok") return false;
      // One that is not made yet will be made on the data folder's own.
      const system =
        systems.find(({ folders }) => folders.includes(folder)) ?? systems.find(({ folders }) => folders.includes(""));
      return system === undefined || above(system) >= bytes;
    },
    tightest: () => systems.toSorted((a, b) => above(a) - above(b))[0],
  };
}
