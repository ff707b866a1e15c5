import { controlsText } from "../controls.ts";
import type { Quantile, QuantilePoint, ReleaseDraft } from "../release/model.ts";
import { outerConditions, storedTables } from "../release/rows.ts";
import type { Bound } from "../resolve/field.ts";
import { fieldsIn } from "../resolve/tied.ts";
import type { ReleaseRules } from "../rules.ts";
import { fieldLabel, labelOf } from "../subject/label.ts";

/** One place where owners disappear, told from statement and schema alone, never from data. */
export interface ExplainedRelation {
  readonly id: string;
  readonly tables: readonly string[];
  readonly owners: readonly { readonly kind: string; readonly keys: readonly string[] }[];
  readonly where: readonly string[];
  readonly keys: readonly string[];
  readonly atoms: readonly { readonly id: string; readonly figure: string; readonly condition: string }[];
  readonly rules: string;
  /** What the agreement lets be asked of columns that stand here, where that is less than their roles say or on a grid. */
  readonly controls: readonly { readonly column: string; readonly asked: string }[];
}

function controlsIn(exprs: readonly Bound[]): ExplainedRelation["controls"] {
  const named = exprs.flatMap(fieldsIn).flatMap((field) => {
    const asked = field.kind === "subject" && field.derived === undefined ? controlsText(field.column) : undefined;
    return asked === undefined ? [] : [[fieldLabel(field), asked] as const];
  });
  return [...new Map(named)].map(([column, asked]) => ({ column, asked }));
}

export function conditionText(conditions: readonly Parameters<typeof labelOf>[0][]): string {
  return conditions.length === 0 ? "true" : conditions.map(labelOf).join(" and ");
}

/** Canonical m of an atom: "1", "income", "income * tax", or the owner that is counted. */
export function measureText(atom: ReleaseDraft["atoms"][number]): string {
  if (atom.owner !== undefined) return `distinct ${fieldLabel(atom.owner.fields[0])}`;
  return atom.factors.length === 0 ? "1" : atom.factors.map(labelOf).join(" * ");
}

/** A point by its measure, share and step: "quantile(person.income, 0.5) to 10000". */
function pointText({ of, grid }: Quantile, { at }: QuantilePoint): string {
  const [share, step] = [at, grid].map(({ num, den }) => Number(num) / Number(den));
  return `quantile(${labelOf(of)}, ${share}) to ${step}`;
}

function explainPoints({ quantiles, atoms }: ReleaseDraft): ExplainedRelation["atoms"] {
  return quantiles.flatMap((quantile) => {
    const rows = atoms.filter(({ id }) => id === quantile.count).flatMap(({ conditions }) => conditions);
    return quantile.points.map((point) => ({
      id: point.id,
      figure: pointText(quantile, point),
      condition: conditionText(rows),
    }));
  });
}

function quantileRules({ quantiles }: ReleaseDraft, rules: ReleaseRules): string {
  if (quantiles.length === 0) return "";
  return (
    `; quantiles: ${rules.minOwners} or more owners on either side and between two points, ` +
    `of whom the nearest ${rules.minOwners} below and above lie within one step of the grid`
  );
}

export function explainRelease(release: ReleaseDraft, rules: ReleaseRules): ExplainedRelation {
  const where = [...outerConditions(release.rows.from), ...release.rows.conditions];
  const asked = [...where, ...release.keys.map((key) => key.expr), ...release.atoms.flatMap((atom) => atom.conditions)];
  return {
    controls: controlsIn(asked),
    id: release.id,
    tables: storedTables(release.rows.from),
    owners: release.owners.map((owner) => ({ kind: owner.kind, keys: owner.fields.map(fieldLabel) })),
    where: where.map(labelOf),
    keys: release.keys.map((key) => key.label),
    atoms: [
      ...release.atoms.map((atom) => ({
        id: atom.id,
        figure: `${atom.aggregate === "sum" ? "sum" : "count"}(${measureText(atom)})`,
        condition: conditionText(atom.conditions),
      })),
      ...explainPoints(release),
    ],
    rules:
      `${rules.minOwners} or more distinct owners; the ${rules.dominanceTop} greatest below ${rules.dominanceShare * 100} % of the total; ` +
      `the rest at least ${rules.pPercent} % of the greatest${quantileRules(release, rules)}`,
  };
}
