export { sandboxEvents } from "./events.ts";
export { type JobFailureCode, jobFailures } from "./failures.ts";
export { jobTransitions } from "./job-states.ts";
export type { Jobs, JobView } from "./jobs.ts";
export type { JobRefusalCode } from "./refusals.ts";
export { createSandbox, type Sandbox, type SandboxDeps } from "./sandbox.ts";
