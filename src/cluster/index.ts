export { type ClockCheck, type ClockStatus, createClockCheck, judgeClock } from "./clock-check.ts";
export { type Check, type Conditions, createConditions } from "./conditions.ts";
export {
  createDiskSpace,
  type DataFolder,
  type DiskLevel,
  type DiskSpace,
  type FileSystem,
  type MeasureDisk,
} from "./disk-space.ts";
export { ClusterError, type ClusterErrorCode } from "./errors.ts";
export { clusterEvents } from "./events.ts";
export { adoptDataFolder } from "./file-data-folder.ts";
export { createDiskMeasure } from "./file-disk-measure.ts";
export { joinGateways, lostError, type Membership, type MembershipDeps } from "./membership.ts";
export { createSignals, type Signals } from "./signals.ts";
