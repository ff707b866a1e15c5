import { quoteIdentifier } from "../emit/identifier.ts";
import { emitCte, emitQuery, emitStatement, releaseTable } from "../emit/query.ts";
import { createRecorder, type Recorder } from "../emit/recorder.ts";
import { emitEvidence, emitReleaseBody } from "../emit/release.ts";
import { emitRows } from "../emit/rows.ts";
import type { ReleaseDraft } from "../release/model.ts";
import type { SubqueryRef } from "../resolve/field.ts";
import type { ReleaseRules } from "../rules.ts";
import type { AgreementSchema } from "../schema.ts";
import { shadowDdlProvisioned } from "../shadow-ddl.ts";
import { labelOf } from "../subject/label.ts";
import type { CompileState, CompileStep } from "./env.ts";
import { conditionText, type ExplainedRelation, explainRelease, measureText } from "./explain.ts";
import { perturbedColumns } from "./perturbed.ts";
import { type CtePlan, columnId, type QueryPlan } from "./query-plan.ts";

export interface PlanAtom {
  readonly id: string;
  readonly aggregate: "count" | "sum";
  /** Canonical m: "1", "person.income", a product of two, or "distinct person.id_card". */
  readonly measure: string;
  /** Canonical p, the statement's own WHERE included, or "true". */
  readonly condition: string;
  readonly ownerKinds: readonly string[];
}

/** A point of a distribution as a release shows it. */
export interface PlanPoint {
  readonly id: string;
  /** The atom that counts the same rows. */
  readonly count: string;
  /** Canonical measure: points of one measure over one count are held apart. */
  readonly measure: string;
  /** Share of the rows below it, between 0 and 1. */
  readonly at: number;
}

/** A column of the result or a key of a release; types are known once the emitted text has been bound. */
export interface PlanColumn {
  readonly name: string;
  readonly type: string;
}

/** A column of the result. */
export interface ResultColumn extends PlanColumn {
  /** Whether noise moved what stands in it; absent in `exact`, where none does. */
  readonly perturbed?: boolean | undefined;
}

export interface DraftRelease {
  readonly id: string;
  readonly body: string;
  readonly evidenceSql: string;
  readonly keys: readonly string[];
  readonly atoms: readonly PlanAtom[];
  readonly points: readonly PlanPoint[];
}

/** What the re-parsed statements may name; everything else breaks the seal. */
export interface PlanNames {
  readonly functions: readonly string[];
  readonly tables: readonly string[];
  readonly columns: readonly string[];
  /** Kinds of nodes that only some plans have. */
  readonly forms: readonly string[];
}

/** A compiled statement that has not been read back yet. Only `sealPlan` makes a plan of it. */
export interface PlanDraft {
  readonly kind: "draft";
  readonly resultSql: string;
  readonly resultNames: readonly string[];
  /** For each column of the result whether it is perturbed; undefined in `exact`. */
  readonly perturbed: readonly boolean[] | undefined;
  readonly steps: readonly DraftStep[];
  readonly tables: readonly string[];
  readonly explanation: readonly ExplainedRelation[];
  readonly names: PlanNames;
  /**
   * What `engine.compiler.check` is asked: what will run, in order (steps, evidence, the result). It answers with the
   * tree of each SELECT, for a step of the SELECT behind its CREATE TEMP TABLE.
   */
  readonly check: { readonly ddl: string; readonly statements: readonly string[] };
}

/** A statement that keeps rows while a job runs: those of a release, or free ones. */
export interface DraftStep {
  readonly sql: string;
  readonly release: DraftRelease | undefined;
}

function keep(table: string, body: string): string {
  return `CREATE TEMP TABLE ${quoteIdentifier(table)} AS ${body}`;
}

export interface DraftInput {
  readonly query: QueryPlan;
  readonly names: readonly string[];
  readonly state: Pick<CompileState, "releases" | "steps" | "ctes" | "subqueries" | "tables">;
  readonly schema: AgreementSchema;
  readonly rules: ReleaseRules;
}

/** Free rows beside protected ones, after the WITH queries that they name. */
function freeBody(query: QueryPlan, ctes: readonly CtePlan[], recorder: Recorder): string {
  const emitted = ctes.map((cte) => ({
    name: quoteIdentifier(cte.name),
    sql: emitCte(cte, "MATERIALIZED ", recorder),
    own: cte,
  }));
  const body = emitQuery(query, recorder);
  const used = new Set<string>();
  let text = body;
  for (const { name, sql } of emitted.toReversed()) {
    if (!text.includes(name)) continue;
    used.add(name);
    text += sql;
  }
  const before = emitted.filter(({ name }) => used.has(name));
  const recursive = before.some(({ own }) => own.step !== undefined) ? "RECURSIVE " : "";
  return before.length === 0 ? body : `WITH ${recursive}${before.map(({ sql }) => sql).join(", ")} ${body}`;
}

function emitRelease(release: ReleaseDraft, rules: ReleaseRules, recorder: Recorder): DraftRelease {
  return {
    id: release.id,
    body: emitReleaseBody(release, rules, recorder),
    evidenceSql: emitEvidence(release, recorder),
    keys: release.keys.map((key) => key.label),
    atoms: release.atoms.map((atom) => ({
      id: atom.id,
      aggregate: atom.aggregate === "sum" ? "sum" : "count",
      measure: measureText(atom),
      condition: conditionText([...release.rows.conditions, ...atom.conditions]),
      ownerKinds: release.owners.map((owner) => owner.kind),
    })),
    points: release.quantiles.flatMap(({ count, of, points }) =>
      points.map(({ id, at }) => ({ id, count, measure: labelOf(of), at: Number(at.num) / Number(at.den) })),
    ),
  };
}

function emitStep(step: CompileStep, input: DraftInput, recorder: Recorder): DraftStep {
  if (step.kind === "free")
    return { sql: keep(step.table, freeBody(step.query, input.state.ctes, recorder)), release: undefined };
  const release = emitRelease(step.release, input.rules, recorder);
  return { sql: keep(releaseTable(release.id), release.body), release };
}

function emitSubquery(ref: SubqueryRef, subqueries: readonly QueryPlan[], recorder: Recorder): string {
  if (ref.kind === "tied") return `SELECT 1 ${emitRows(ref.rows, recorder)}`;
  if (ref.beside === undefined)
    return subqueries
      .slice(ref.id - 1, ref.id)
      .map((query) => emitQuery(query, recorder))
      .join("");
  recorder.tables.add(ref.beside.table);
  recorder.columns.add(columnId(0));
  return `SELECT ${quoteIdentifier(columnId(0))} FROM ${quoteIdentifier(ref.beside.table)}`;
}

/** In code-unit order, which no locale changes: the digest hangs on it. */
function sorted(names: ReadonlySet<string>): readonly string[] {
  return [...names].sort((a, b) => (a < b ? -1 : 1));
}

/** Emits all statements of a compiled query and notes what they name. */
export function draftPlan(input: DraftInput): PlanDraft {
  const { subqueries } = input.state;
  const noisy = input.rules.mode === "cell-key";
  const recorder = createRecorder((ref, own) => emitSubquery(ref, subqueries, own), noisy);
  const steps = input.state.steps.map((step) => emitStep(step, input, recorder));
  const resultSql = emitStatement(input.query, input.names, input.state.ctes, recorder);
  const evidence = steps.flatMap(({ release }) => (release === undefined ? [] : [release.evidenceSql]));
  const statements = [...steps.map((step) => step.sql), ...evidence, resultSql];
  return Object.freeze({
    kind: "draft",
    resultSql,
    resultNames: input.names,
    perturbed: noisy ? perturbedColumns(input.query, input.state) : undefined,
    steps,
    tables: sorted(input.state.tables),
    explanation: input.state.releases.map((release) => explainRelease(release, input.rules)),
    names: {
      functions: sorted(recorder.functions),
      tables: sorted(recorder.tables),
      columns: sorted(recorder.columns),
      forms: sorted(recorder.forms),
    },
    check: { ddl: shadowDdlProvisioned(input.schema), statements },
  });
}
