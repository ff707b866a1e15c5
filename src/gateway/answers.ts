import type { AuditRefusalCode, IdempotencyRefusalCode } from "../audit/index.ts";
import type { CatalogRefusalCode } from "../catalog/index.ts";
import type { IngestRefusalCode } from "../engine/index.ts";
import type { ExportRefusalCode } from "../export-gate/index.ts";
import type { GovernanceRefusalCode } from "../governance/index.ts";
import type { IdentityRefusalCode, PolicyRefusalCode } from "../identity/index.ts";
import type { JobRefusalCode } from "../sandbox/index.ts";
import { accessPolicyAnswers } from "./answers/access-policy.ts";
import type { Answer } from "./answers/answer.ts";
import { auditAnswers } from "./answers/audit.ts";
import { catalogAnswers } from "./answers/catalog.ts";
import { exportGateAnswers } from "./answers/export-gate.ts";
import { type GatewayCode, gatewayAnswers } from "./answers/gateway.ts";
import { governanceAnswers } from "./answers/governance.ts";
import { idempotencyAnswers } from "./answers/idempotency.ts";
import { identityAnswers } from "./answers/identity.ts";
import { ingestAnswers } from "./answers/ingest.ts";
import { sandboxAnswers } from "./answers/sandbox.ts";

export type { Answer, GatewayCode };

interface CodesOf {
  readonly gateway: GatewayCode;
  readonly idempotency: IdempotencyRefusalCode;
  readonly identity: IdentityRefusalCode;
  readonly catalog: CatalogRefusalCode;
  readonly ingest: IngestRefusalCode;
  readonly governance: GovernanceRefusalCode;
  readonly sandbox: JobRefusalCode;
  readonly exportGate: ExportRefusalCode;
  readonly audit: AuditRefusalCode;
  readonly accessPolicy: PolicyRefusalCode;
}

export type AnswerCode = CodesOf[keyof CodesOf];

/** A code of two features would have two answers, and the later file's would be told: there is none, or this does not compile. */
type CodeOfTwo = { [Part in keyof CodesOf]: CodesOf[Part] & CodesOf[Exclude<keyof CodesOf, Part>] }[keyof CodesOf];

/** Every refusal's answer, one file per feature: a code without one does not compile. Hidden and absent share theirs. */
export const answers: Readonly<Record<AnswerCode, Answer>> = {
  ...gatewayAnswers,
  ...idempotencyAnswers,
  ...identityAnswers,
  ...catalogAnswers,
  ...ingestAnswers,
  ...governanceAnswers,
  ...sandboxAnswers,
  ...exportGateAnswers,
  ...auditAnswers,
  ...accessPolicyAnswers,
} satisfies Record<CodeOfTwo, never>;
