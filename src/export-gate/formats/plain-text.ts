import type { RunValue } from "../../engine/index.ts";

/** A value as text: that of intervals, lists and structs is their JSON. */
export function plainText(value: Exclude<RunValue, null>): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
