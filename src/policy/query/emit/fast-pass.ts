import type { Atom } from "../release/model.ts";
import { plainSubject } from "../resolve/field.ts";
import type { ReleaseRules } from "../rules.ts";
import {
  as,
  conditionParts,
  conditionSql,
  greatestOf,
  isDouble,
  keySql,
  measureSql,
  noiseOwners,
  type ReleaseContext,
} from "./atom-sql.ts";
import { type BoundsBook, boundsLevel } from "./bounds.ts";
import { certificate, type FastCell } from "./certificate.ts";
import { emitLeniently } from "./expression.ts";
import { quoteIdentifier as q } from "./identifier.ts";
import { drawnFrom, noiseLevel } from "./noise.ts";
import { emitRows } from "./rows.ts";
import { beyondId } from "./verdict.ts";

/** Level of the cells with their rows and sums, and whether they surely pass. */
export const judgedLevel = "__judged";

/** What the cells' owners need not be counted for, and how. */
export interface FastPass {
  readonly levels: readonly { readonly select: string; readonly alias: string }[];
  /** Column of an atom's figure among those of `judgedLevel`. */
  value(atom: Atom): string;
  rows(atom: Atom): string;
  key(atom: Atom): string;
}

/** The one column whose presence is all that an atom asks. */
function presentIn(atom: Atom, context: ReleaseContext): string | undefined {
  const { recorder } = context;
  const [condition, ...more] = atom.conditions;
  if (atom.owner !== undefined) return undefined;
  if (condition === undefined) return atom.factors.length === 1 ? measureSql(atom, context) : undefined;
  if (more.length > 0 || atom.factors.length > 0 || condition.kind !== "is-null" || !condition.negated) return undefined;
  if (plainSubject(condition.arg) === undefined) return undefined;
  return emitLeniently(condition.arg, recorder);
}

/** count, Σm and Σkey of the rows that an atom takes; in the form that costs the engine least. */
function figures(atom: Atom, context: ReleaseContext): { rows: string; sum: string; key: string } {
  const { noisy } = context.recorder;
  const key = noisy ? keySql(atom, context) : "0";
  // Noise is drawn from ten digits, so the order of additions may differ; true figures must not.
  const total = isDouble(atom) && !noisy ? "fsum" : "sum";
  const measure = atom.factors.length === 0 ? "0" : measureSql(atom, context);
  const present = presentIn(atom, context);
  if (present !== undefined)
    return {
      rows: `count(${present})`,
      sum: `${total}(${measure})`,
      key: `sum(CASE WHEN ${present} IS NOT NULL THEN ${key} END)`,
    };
  const filter = conditionParts(atom, context).length === 0 ? "" : ` FILTER (WHERE ${conditionSql(atom, context)})`;
  return { rows: `count(*)${filter}`, sum: `${total}(${measure})${filter}`, key: `sum(${key})${filter}` };
}

const name = (id: string, figure: "n" | "v" | "w"): string => `${id}_f${figure}`;
const cellOf = (id: string, atom: Atom): FastCell => ({
  rows: q(name(id, "n")),
  sum: atom.aggregate === "sum" ? `CAST(${q(name(id, "v"))} AS DOUBLE)` : undefined,
});

/** The pass over the rows without their owners; undefined where it could certify nothing. */
export function fastPass(bounds: BoundsBook, rules: ReleaseRules, context: ReleaseContext): FastPass | undefined {
  const { release, recorder } = context;
  const beyond = new Map<string, { readonly of: Atom; readonly without: Atom }>();
  const sure = certificate(
    release,
    {
      cell: (atom) => cellOf(atom.id, atom),
      beyond(of, without) {
        const id = beyondId(of.id, without.id);
        beyond.set(id, { of, without });
        return cellOf(id, of);
      },
    },
    bounds,
    rules,
    recorder.noisy,
  );
  if (sure === undefined) return undefined;
  const keys = release.keys.map((key) => as(context, emitLeniently(key.expr, recorder), key.id));
  const own = release.atoms.flatMap((atom) => {
    const { rows, sum, key } = figures(atom, context);
    return [
      as(context, rows, name(atom.id, "n")),
      ...(atom.aggregate === "sum" ? [as(context, sum, name(atom.id, "v"))] : []),
      ...(recorder.noisy ? [as(context, key, name(atom.id, "w"))] : []),
    ];
  });
  const between = [...beyond].flatMap(([id, { of, without }]) => {
    const filter = `FILTER (WHERE ${conditionSql(of, context)} AND NOT ${conditionSql(without, context)})`;
    const rows = as(context, `count(*) ${filter}`, name(id, "n"));
    if (of.aggregate !== "sum") return [rows];
    return [rows, as(context, `${isDouble(of) ? "fsum" : "sum"}(${measureSql(of, context)}) ${filter}`, name(id, "v"))];
  });
  const group = release.keys.length === 0 ? "" : ` GROUP BY ${release.keys.map((_key, i) => i + 1).join(", ")}`;
  const fast = `SELECT ${[...keys, ...own, ...between].join(", ")} ${emitRows(release.rows, recorder)}${group}`;
  // Without the family's secret no figure can be moved.
  const secret = recorder.noisy ? ` AND ${q(noiseLevel)}."secret" IS NOT NULL` : "";
  const beside = [boundsLevel, ...(recorder.noisy ? [noiseLevel] : [])].map((level) => ` CROSS JOIN ${q(level)}`).join("");
  const judged = `SELECT "__fast".*, ${as(context, `coalesce(${sure}${secret}, FALSE)`, "sure")} FROM "__fast"${beside}`;
  return {
    levels: [
      { select: fast, alias: "__fast" },
      { select: judged, alias: judgedLevel },
    ],
    value: (atom) => q(name(atom.id, atom.aggregate === "sum" ? "v" : "n")),
    rows: (atom) => q(name(atom.id, "n")),
    key: (atom) => q(name(atom.id, "w")),
  };
}

/** Columns of the cells that surely pass, as the exact pass gives them: owners are at least, greatest contributions at most. */
export function sureRows(
  fast: FastPass,
  bounds: BoundsBook,
  prefixOf: (atom: string, owner: number) => string,
  context: ReleaseContext,
): string {
  const { release, recorder } = context;
  const figure = (sql: string, alias: string): string => as(context, sql, alias);
  const evidence = release.atoms.flatMap((atom) => {
    const [value, total] = [fast.value(atom), `CAST(${fast.value(atom)} AS DOUBLE)`];
    const perOwner = release.owners.flatMap((owner, i) => {
      const prefix = prefixOf(atom.id, i);
      // A certificate is only where both bounds are known.
      const most = `${bounds.total(atom, owner)}`;
      return [
        figure(`CAST(floor(${fast.rows(atom)} / ${bounds.rows(owner)}) AS BIGINT)`, `${prefix}_owners`),
        figure(total, `${prefix}_total_abs`),
        figure(most, `${prefix}_top1`),
        figure(most, `${prefix}_top2`),
      ];
    });
    return [...perOwner, figure(value, `${atom.id}_value`), figure("'pass'", `${atom.id}_verdict`)];
  });
  const draws = recorder.noisy ? release.atoms.flatMap((atom) => sureDraw(atom, fast, bounds, context)) : [];
  const keys = release.keys.map((key) => q(key.id));
  return `SELECT ${[...keys, ...evidence, ...draws].join(", ")} FROM ${q(judgedLevel)} CROSS JOIN ${q(boundsLevel)} WHERE "sure"`;
}

/** What the noise of a certified figure is drawn from: its step is the bound of all owners, which a certificate knows. */
function sureDraw(atom: Atom, fast: FastPass, bounds: BoundsBook, context: ReleaseContext): readonly string[] {
  const scale = greatestOf(noiseOwners(atom, context.release).map((owner) => `${bounds.total(atom, owner)}`));
  const names = drawnFrom(atom.id);
  return [
    as(context, `CAST(${fast.key(atom)} AS HUGEINT)`, names.key),
    as(context, scale, names.scale),
    as(context, `CAST(${fast.value(atom)} AS DOUBLE)`, names.total),
  ];
}
