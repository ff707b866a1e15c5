import { governedBench } from "./benches/governed.ts";
import { handInBench } from "./benches/hand-in.ts";
import { jobBench } from "./benches/job.ts";
import { jobPartsBench } from "./benches/job-parts.ts";
import type { Bench } from "./support/bench.ts";

/** All benches; a new one is a file in `bench/benches` and a line here. */
export const benches: readonly Bench[] = [jobBench, jobPartsBench, handInBench, governedBench];
