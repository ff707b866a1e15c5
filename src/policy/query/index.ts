export { nameAdvice } from "./advice/name-advice.ts";
export { type FunctionEntry, functionCatalogue, type SubjectUse } from "./catalogue/index.ts";
export { type CompileRequest, compileQuery } from "./compile-query.ts";
export {
  type ColumnControls,
  controlsProblem,
  type DateStep,
  dateSteps,
  type OperatorClass,
  operatorClasses,
  tightenControls,
} from "./controls.ts";
export { PolicyQueryError, type PolicyQueryErrorCode } from "./errors.ts";
export { bindParameters, checkParameters, engineText, parameterAt } from "./parameters/bind.ts";
export type { WrittenParameters } from "./parameters/values.ts";
export type { DraftRelease, PlanAtom, PlanColumn, PlanDraft, PlanPoint, ResultColumn } from "./plan/draft.ts";
export { type ExplainedRelation, explainPlan } from "./plan/explain-plan.ts";
export { type GovernedPlan, isGovernedPlan, type PlanRelease } from "./plan/governed-plan.ts";
export { type CheckedStatements, sealPlan } from "./plan/seal.ts";
export type { QueryRefusal } from "./refusal.ts";
export { type QueryRefusalCode, type RefusalText, refusalTexts, type StatementRefusalCode } from "./refusal-codes.ts";
export { exampleSchema } from "./refusal-guide/example-schema.ts";
export type { Lesson, LessonExample } from "./refusal-guide/lesson.ts";
export { refusalGuide } from "./refusal-guide/refusal-guide.ts";
export {
  checkAgainstFloor,
  implementedModes,
  platformFloor,
  type ReleaseMode,
  type ReleaseRules,
  type RulesRefusalCode,
  releaseModes,
  stickyMargin,
} from "./rules.ts";
export {
  type AgreementSchema,
  type ColumnRole,
  reservedPrefix,
  type SchemaColumn,
  type SchemaSubject,
  type SchemaTable,
} from "./schema.ts";
export { hiddenTables, recordKeyColumn, shadowDdl, shadowDdlProvisioned } from "./shadow-ddl.ts";
