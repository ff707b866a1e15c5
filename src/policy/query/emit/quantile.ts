import type { OwnerExpr, Quantile, QuantilePoint, ReleaseDraft, RowsPair } from "../release/model.ts";
import type { ReleaseRules } from "../rules.ts";
import { add, negate, type Rational } from "../subject/rational.ts";
import { greatestOf } from "./atom-sql.ts";
import { evidencePrefix } from "./evidence-names.ts";
import { emitLeniently } from "./expression.ts";
import { quoteIdentifier as q } from "./identifier.ts";
import { pointChangeSql } from "./noise.ts";
import type { Recorder } from "./recorder.ts";
import { beyondId } from "./verdict.ts";

/** Functions that quantiles add to the frame of a release. */
const frameFunctions = ["quantile_cont", "list_value", "any_value", "floor", "ceil", "greatest"];

interface Context {
  readonly release: ReleaseDraft;
  readonly rules: ReleaseRules;
  readonly recorder: Recorder;
}

interface Placed {
  readonly quantile: Quantile;
  readonly point: QuantilePoint;
}

function placedOf({ quantiles }: ReleaseDraft): readonly Placed[] {
  return quantiles.flatMap((quantile) => quantile.points.map((point) => ({ quantile, point })));
}

function as({ recorder }: Context, sql: string, alias: string): string {
  recorder.columns.add(alias);
  return `${sql} AS ${q(alias)}`;
}

function level({ recorder }: Context, alias: string, select: string): { readonly alias: string; readonly select: string } {
  recorder.columns.add(alias);
  recorder.tables.add(alias);
  return { alias, select };
}

function doubleText({ num, den }: Rational): string {
  const text = String(Number(num) / Number(den));
  return text.includes("e") ? text : `${text}e0`;
}

/** Fewest owners of whom this share is k or more. */
function fewest(share: Rational, k: number): number {
  return Number((BigInt(k) * share.den + share.num - 1n) / share.num);
}

/** n·min(p, 1 − p) ≥ k, and k owners to the point before. */
function ownersFor({ at, apart }: QuantilePoint, k: number): number {
  const shares = [at, { num: at.den - at.num, den: at.den }, ...(apart === undefined ? [] : [apart])];
  return Math.max(...shares.map((share) => fewest(share, k)));
}

/** The measure of every row, as quantiles take it. */
export function quantileColumns(release: ReleaseDraft, recorder: Recorder): readonly string[] {
  return release.quantiles.map(({ id, of }) => {
    recorder.columns.add(`${id}_x`);
    return `CAST(${emitLeniently(of, recorder)} AS DOUBLE) AS ${q(`${id}_x`)}`;
  });
}

const keysOf = ({ release }: Context): readonly string[] => release.keys.map((key) => key.id);

function groupBy(keys: readonly string[]): string {
  return keys.length === 0 ? "" : ` GROUP BY ${keys.join(", ")}`;
}

function sameKeys(left: string, right: string, context: Context): string {
  const on = keysOf(context).map((key) => `${q(left)}.${q(key)} IS NOT DISTINCT FROM ${q(right)}.${q(key)}`);
  return on.length === 0 ? "TRUE" : on.join(" AND ");
}

const filterOf = ({ count }: Quantile): string => q(`${count}_f`);

/** Per cell: all points of one measure in one go. */
function pointsSql(context: Context): string {
  const keys = keysOf(context).map(q);
  const lists = context.release.quantiles.map((quantile) => {
    const shares = quantile.points.map(({ at }) => doubleText(at)).join(", ");
    const sql = `quantile_cont(${q(`${quantile.id}_x`)}, [${shares}]) FILTER (WHERE ${filterOf(quantile)})`;
    return as(context, sql, `${quantile.id}_v`);
  });
  return `SELECT ${[...keys, ...lists].join(", ")} FROM "__rows"${groupBy(keys)}`;
}

/** Each point with the ends of the step below and above it. */
function windowsSql(context: Context): string {
  const ends = context.release.quantiles.flatMap((quantile) =>
    quantile.points.flatMap(({ id }, i) => {
      const value = `${q(`${quantile.id}_v`)}[${i + 1}]`;
      const step = doubleText(quantile.grid);
      return [
        as(context, value, `${id}_v`),
        as(context, `(${value} - ${step})`, `${id}_from`),
        as(context, `(${value} + ${step})`, `${id}_to`),
      ];
    }),
  );
  return `SELECT ${[...keysOf(context).map(q), ...ends].join(", ")} FROM "__points"`;
}

/** Rows beyond the two steps around each point, and the owners within each of them. */
function nearSql(context: Context): string {
  const keys = keysOf(context).map((key) => `"__rows".${q(key)}`);
  const placed = placedOf(context.release).flatMap(({ quantile, point: { id } }) => {
    const x = q(`${quantile.id}_x`);
    const rows = (test: string): string => `count(*) FILTER (WHERE ${filterOf(quantile)} AND ${test})`;
    const owners = (owner: OwnerExpr, from: string, to: string): string =>
      `count(DISTINCT ${q(owner.id)}) FILTER (WHERE ${filterOf(quantile)} AND ${x} >= ${q(from)} AND ${x} <= ${q(to)})`;
    return [
      as(context, `any_value(${q(`${id}_v`)})`, `${id}_point`),
      as(context, rows(`${x} < ${q(`${id}_from`)}`), `${id}_under`),
      as(context, rows(`${x} > ${q(`${id}_to`)}`), `${id}_over`),
      ...context.release.owners.flatMap((owner) => [
        as(context, owners(owner, `${id}_from`, `${id}_v`), `${id}_${owner.id}_low`),
        as(context, owners(owner, `${id}_v`, `${id}_to`), `${id}_${owner.id}_high`),
      ]),
    ];
  });
  const sizes = context.release.quantiles.map((quantile) =>
    as(context, `count(*) FILTER (WHERE ${filterOf(quantile)})`, `${quantile.id}_n`),
  );
  const from = `"__rows" JOIN "__windows" ON ${sameKeys("__rows", "__windows", context)}`;
  return `SELECT ${[...keys, ...sizes, ...placed].join(", ")} FROM ${from}${groupBy(keys)}`;
}

/** The middle of the step that holds the point. Ends of steps are what conditions may ask for as well. */
function valueSql({ quantile }: Placed, at: string): string {
  const step = doubleText(quantile.grid);
  const inner = quantile.whole ? add(quantile.grid, { num: -1n, den: 1n }) : quantile.grid;
  const middle = doubleText({ num: inner.num, den: inner.den * 2n });
  // A point on the end of a step stays there whatever the division makes of it.
  return `((floor(((${at} / ${step}) + 1e-9)) * ${step}) + ${middle})`;
}

/**
 * The point moved by as many owners as the noise says, each worth the greatest number of rows of one, over the mean distance of the
 * rows in the two steps around it: half a step at most.
 */
function movedSql({ quantile, point }: Placed, { release }: Context): string {
  const count = `${quantile.count}_${release.owners[0].id}`;
  const scale = greatestOf(release.owners.map(({ id }) => `${q(`${quantile.count}_${id}_top`)}[1]`));
  const value = q(`${point.id}_point`);
  const figure = { key: q(`${quantile.count}_key`), value, scale, total: q(`${count}_total`) };
  const change = pointChangeSql(quantile.of, doubleText(point.at), figure);
  const rows = `((${q(`${quantile.id}_n`)} - ${q(`${point.id}_under`)}) - ${q(`${point.id}_over`)})`;
  const step = doubleText(quantile.grid);
  const by = `(((${change}) * ${scale}) * ((2e0 * ${step}) / nullif(${rows}, 0)))`;
  return `CASE WHEN ${by} IS NOT NULL THEN (${value} + greatest((-0.5e0 * ${step}), least((0.5e0 * ${step}), ${by}))) END`;
}

/** How many rows lie between the point and the end of the step below it, and above it. */
function roomSql({ quantile, point }: Placed, side: "below" | "above"): string {
  const last = `(${q(`${quantile.id}_n`)} - 1)`;
  const place = `(${doubleText(point.at)} * ${last})`;
  const room =
    side === "below" ? `floor(${place}) - ${q(`${point.id}_under`)}` : `(${last} - ceil(${place})) - ${q(`${point.id}_over`)}`;
  return `CAST((${room}) AS BIGINT)`;
}

/**
 * Whether the point stays within one step whichever k − 1 owners are left out: leaving out r rows moves it by p·r rows
 * at most on the one side, (1 − p)·r on the other. The second greatest stands for all but the greatest.
 */
function roomTests({ quantile, point }: Placed, { release, rules }: Context): readonly string[] {
  const k = rules.minOwners;
  return release.owners.flatMap((_owner, i) => {
    const count = evidencePrefix(quantile.count, i);
    const rows = `(coalesce(${q(`${count}_top1`)}, 0e0) + (${Math.max(k - 2, 0)}e0 * coalesce(${q(`${count}_top2`)}, 0e0)))`;
    const own = evidencePrefix(point.id, i);
    const share = doubleText(point.at);
    return [
      `${q(`${point.id}_below`)} >= greatest(${k}e0, (${share} * ${rows}))`,
      `${q(`${point.id}_above`)} >= greatest(${k}e0, ((1e0 - ${share}) * ${rows}))`,
      `${q(`${own}_low`)} >= ${k}`,
      `${q(`${own}_high`)} >= ${k}`,
    ];
  });
}

/** Points of one measure over rows that are those of another count, but for few owners. */
function overlapTests({ quantile, point }: Placed, context: Context): readonly string[] {
  const { release } = context;
  const before = release.quantiles.slice(
    0,
    release.quantiles.findIndex(({ id }) => id === quantile.id),
  );
  return before
    .filter(({ base }) => base === quantile.base)
    .flatMap((other) => {
      // Counts are made in the order of their quantiles, and pairs in the order of atoms.
      const pair = release.pairs.find(
        (one): one is RowsPair => one.by === "rows" && one.left === other.count && one.right === quantile.count,
      );
      return pair === undefined ? [] : pairTests(pair, other, point, quantile, context);
    });
}

function pairTests(
  pair: RowsPair,
  other: Quantile,
  point: QuantilePoint,
  { count }: Quantile,
  { release, rules }: Context,
): readonly string[] {
  const { owners } = release;
  const k = rules.minOwners;
  const [there, back] = [beyondId(pair.left, pair.right), beyondId(pair.right, pair.left)];
  const beyond = [...(pair.inside === "left" ? [] : [there]), ...(pair.inside === "right" ? [] : [back])];
  const rows = (cell: string): string => q(`${cell}_${owners[0].id}_rows`);
  const few = beyond.flatMap((cell) => owners.map((owner) => `${q(`${cell}_${owner.id}_owners`)} < ${k}`));
  const crossing =
    pair.inside === undefined ? [`(${beyond.map((cell) => `${rows(cell)} > 0`).join(" AND ")} AND (${few.join(" OR ")}))`] : [];
  const gaps = other.points
    .map(({ at }) => add(at, negate(point.at)))
    .filter(({ num }) => num !== 0n)
    .map(({ num, den }) => fewest({ num: num < 0n ? -num : num, den }, k));
  if (gaps.length === 0) return crossing;
  const near = owners.map((_owner, i) => `${q(`${evidencePrefix(count, i)}_owners`)} < ${Math.max(...gaps)}`).join(" OR ");
  return [...crossing, `(${beyond.map((cell) => `${rows(cell)} = 0`).join(" AND ")} AND (${near}))`];
}

function verdictSql(placed: Placed, context: Context): string {
  const { quantile, point } = placed;
  const least = ownersFor(point, context.rules.minOwners);
  const few = context.release.owners.map((_owner, i) => `${q(`${evidencePrefix(quantile.count, i)}_owners`)} < ${least}`);
  const overlaps = overlapTests(placed, context);
  const whens = [
    `WHEN ${q(`${quantile.count}_verdict`)} <> 'pass' THEN ${q(`${quantile.count}_verdict`)}`,
    `WHEN ${few.join(" OR ")} THEN 'position'`,
    `WHEN NOT coalesce(isfinite(${q(`${point.id}_point`)}), FALSE) THEN 'non-finite'`,
    `WHEN NOT coalesce((${roomTests(placed, context).join(" AND ")}), FALSE) THEN 'neighbours'`,
    ...(overlaps.length === 0 ? [] : [`WHEN ${overlaps.join(" OR ")} THEN 'complement'`]),
  ];
  return `CASE ${whens.join(" ")} ELSE 'pass' END`;
}

/** Columns of the evidence of one point, in order. */
export function pointNames(point: string, owners: number): readonly string[] {
  const perOwner = Array.from({ length: owners }, (_unused, i) => evidencePrefix(point, i)).flatMap((prefix) => [
    `${prefix}_low`,
    `${prefix}_high`,
  ]);
  return [`${point}_below`, `${point}_above`, ...perOwner, `${point}_value`, `${point}_verdict`];
}

function pointColumns(placed: Placed, context: Context): readonly string[] {
  const { id } = placed.point;
  const perOwner = context.release.owners.flatMap((owner, i) =>
    ["low", "high"].map((side) => as(context, q(`${id}_${owner.id}_${side}`), `${evidencePrefix(id, i)}_${side}`)),
  );
  return [
    as(context, roomSql(placed, "below"), `${id}_below`),
    as(context, roomSql(placed, "above"), `${id}_above`),
    ...perOwner,
    as(context, valueSql(placed, q(`${id}_point`)), `${id}_value`),
    ...(context.recorder.noisy ? [as(context, valueSql(placed, movedSql(placed, context)), `${id}_shown`)] : []),
    as(context, verdictSql(placed, context), `${id}_verdict`),
  ];
}

/** What quantiles add to the statement of a release: levels over `__rows`, a join with its cells, columns beside the atoms'. */
export interface QuantileParts {
  readonly levels: readonly { readonly alias: string; readonly select: string }[];
  readonly join: string;
  readonly columns: readonly string[];
}

export function quantileParts(release: ReleaseDraft, rules: ReleaseRules, recorder: Recorder): QuantileParts {
  if (release.quantiles.length === 0) return { levels: [], join: "", columns: [] };
  const context: Context = { release, rules, recorder };
  for (const name of frameFunctions) recorder.functions.add(name);
  return {
    levels: [
      level(context, "__points", pointsSql(context)),
      level(context, "__windows", windowsSql(context)),
      level(context, "__near", nearSql(context)),
    ],
    join: ` JOIN "__near" ON ${sameKeys("__cells", "__near", context)}`,
    columns: placedOf(release).flatMap((placed) => pointColumns(placed, context)),
  };
}
