import { randomBytes } from "node:crypto";
import type { Clock, Random } from "./ports.ts";

/** The machine's clock. */
export const systemClock: Clock = { now: () => new Date() };

/** The operating system's secure generator. */
export const systemRandom: Random = { bytes: (count) => new Uint8Array(randomBytes(count)) };
