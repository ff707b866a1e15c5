export { type Answer, type AnswerCode, answers } from "./answers.ts";
export { GatewayError, type GatewayErrorCode } from "./errors.ts";
export { gatewayEvents } from "./events.ts";
export type { NoNewWorkCode, RequestFitness, UnfitCode } from "./fitness.ts";
export { type Gateway, type GatewayDeps, startGateway } from "./gateway.ts";
export type { Gauges } from "./metrics.ts";
export { openApiDocument } from "./openapi-document.ts";
export type { Readiness } from "./routes/health.ts";
