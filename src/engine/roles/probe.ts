import { readdirSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { openRoleChannel } from "./role-channel.ts";

// Role `probe`: stands where an enclave worker would stand and tries what a captured one would try.

interface ProbeCommand {
  /** Files and folders of the host that must not be readable. */
  readonly read: readonly string[];
  /** Folders in which nothing may be written. */
  readonly write: readonly string[];
}

function reads(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    try {
      readdirSync(path);
      return true;
    } catch {
      return false;
    }
  }
}

function writes(folder: string): boolean {
  try {
    writeFileSync(`${folder}/.probe`, "");
    unlinkSync(`${folder}/.probe`);
    return true;
  } catch {
    return false;
  }
}

const channel = openRoleChannel(65_536);
channel.send({ kind: "ready" });
const command = (await channel.receiveJson()) as ProbeCommand;
channel.send({
  readable: command.read.filter(reads),
  writable: command.write.filter(writes),
  // PWD is set by bubblewrap itself when it enters the private folder.
  environment: Object.keys(process.env).filter((name) => name !== "PWD" || process.env[name] !== "/tmp"),
  interfaces: Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).filter((one) => !one.internal).map((one) => one.address),
  ),
  pid: process.pid,
});
