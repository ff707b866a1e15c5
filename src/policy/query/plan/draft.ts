import { quoteIdentifier } from "../emit/identifier.ts";
import { emitQuery, emitStatement, releaseTable } from "../emit/query.ts";
import { createRecorder, type Recorder } from "../emit/recorder.ts";
import { emitEvidence, emitReleaseBody } from "../emit/release.ts";
import { emitRows } from "../emit/rows.ts";
import type { ReleaseRules } from "../rules.ts";
import type { AgreementSchema } from "../schema.ts";
import { shadowDdlProvisioned } from "../shadow-ddl.ts";
import type { CompileState } from "./env.ts";
import { conditionText, type ExplainedRelation, explainRelease, measureText } from "./explain.ts";
import type { CtePlan, QueryPlan } from "./query-plan.ts";

export interface PlanAtom {
  readonly id: string;
  readonly aggregate: "count" | "sum";
  /** Canonical m: "1", "person.income", a product of two, or "distinct person.id_card". */
  readonly measure: string;
  /** Canonical p, the statement's own WHERE included, or "true". */
  readonly condition: string;
  readonly ownerKinds: readonly string[];
}

/** A column of the result or a key of a release; types are known once the emitted text has been bound. */
export interface PlanColumn {
  readonly name: string;
  readonly type: string;
}

export interface DraftRelease {
  readonly id: string;
  readonly body: string;
  readonly evidenceSql: string;
  readonly keys: readonly string[];
  readonly atoms: readonly PlanAtom[];
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
  readonly releases: readonly DraftRelease[];
  readonly tables: readonly string[];
  readonly explanation: readonly ExplainedRelation[];
  readonly names: PlanNames;
  /**
   * What `engine.compiler.check` is asked: what will run, in order (releases, their evidence, the result). It answers
   * with the tree of each SELECT, for a release of the SELECT behind its CREATE TEMP TABLE.
   */
  readonly check: { readonly ddl: string; readonly statements: readonly string[] };
}

/** The statement that keeps a release while its job runs. */
export function stepOf(release: Pick<DraftRelease, "id" | "body">): string {
  return `CREATE TEMP TABLE ${quoteIdentifier(releaseTable(release.id))} AS ${release.body}`;
}

export interface DraftInput {
  readonly query: QueryPlan;
  readonly names: readonly string[];
  readonly state: Pick<CompileState, "releases" | "ctes" | "subqueries" | "tables">;
  readonly schema: AgreementSchema;
  readonly rules: ReleaseRules;
}

/** A release that joins figures of WITH queries computes them before its own levels. */
function withUsed(body: string, ctes: readonly CtePlan[], recorder: Recorder): string {
  const emitted = ctes.map((cte) => ({ name: quoteIdentifier(cte.name), sql: emitQuery(cte.query, recorder) }));
  const used = new Set<string>();
  let text = body;
  for (const { name, sql } of emitted.toReversed()) {
    if (!text.includes(name)) continue;
    used.add(name);
    text += sql;
  }
  const before = emitted.filter(({ name }) => used.has(name)).map(({ name, sql }) => `${name} AS MATERIALIZED (${sql})`);
  return before.length === 0 ? body : `WITH ${before.join(", ")}, ${body.slice("WITH ".length)}`;
}

function emitReleases(input: DraftInput, recorder: Recorder): readonly DraftRelease[] {
  return input.state.releases.map((release) => ({
    id: release.id,
    body: withUsed(emitReleaseBody(release, input.rules, recorder), input.state.ctes, recorder),
    evidenceSql: emitEvidence(release, recorder),
    keys: release.keys.map((key) => key.label),
    atoms: release.atoms.map((atom) => ({
      id: atom.id,
      aggregate: atom.aggregate === "sum" ? "sum" : "count",
      measure: measureText(atom),
      condition: conditionText([...release.rows.conditions, ...atom.conditions]),
      ownerKinds: release.owners.map((owner) => owner.kind),
    })),
  }));
}

/** In code-unit order, which no locale changes: the digest hangs on it. */
function sorted(names: ReadonlySet<string>): readonly string[] {
  return [...names].sort((a, b) => (a < b ? -1 : 1));
}

/** Emits all statements of a compiled query and notes what they name. */
export function draftPlan(input: DraftInput): PlanDraft {
  const { subqueries } = input.state;
  const recorder = createRecorder((ref, own) =>
    ref.kind === "tied"
      ? `SELECT 1 ${emitRows(ref.rows, own)}`
      : subqueries
          .slice(ref.id - 1, ref.id)
          .map((query) => emitQuery(query, own))
          .join(""),
  );
  const releases = emitReleases(input, recorder);
  const resultSql = emitStatement(input.query, input.names, input.state.ctes, recorder);
  const statements = [...releases.map(stepOf), ...releases.map((release) => release.evidenceSql), resultSql];
  return Object.freeze({
    kind: "draft",
    resultSql,
    resultNames: input.names,
    releases,
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
