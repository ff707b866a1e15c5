import type { Atom, OwnerExpr, ReleaseDraft, RowsPair, ValuesPair } from "../release/model.ts";
import { storedTables } from "../release/rows.ts";
import type { ReleaseRules } from "../rules.ts";
import { hiddenTables } from "../shadow-ddl.ts";
import {
  as,
  conditionSql,
  greatestOf,
  isDouble,
  keySql,
  measureSql,
  noiseOwners,
  type ReleaseContext,
  valueOwner,
} from "./atom-sql.ts";
import { type BoundsBook, boundsFunctions, boundsLevel, createBounds } from "./bounds.ts";
import { boundedNoise } from "./certificate.ts";
import { evidencePrefix } from "./evidence-names.ts";
import { emitLeniently } from "./expression.ts";
import { fastPass, judgedLevel, sureRows } from "./fast-pass.ts";
import { quoteIdentifier as q } from "./identifier.ts";
import { drawnFrom, drawSql, marginSql, noiseFunctions, noiseLevel, noiseLevelSql, placesSql, shownSql } from "./noise.ts";
import { pointNames, quantileColumns, quantileParts } from "./quantile.ts";
import { releaseTable } from "./query.ts";
import type { Recorder } from "./recorder.ts";
import { emitOwner, emitRows } from "./rows.ts";
import { baseVerdict, beyondId, type Cell, complementTest, differenceId, differenceTest, fullTest } from "./verdict.ts";

type Source = { readonly select: string; readonly alias: string };

/** Functions that the frame of a release uses beside those of the statement. */
const frameFunctions = ["count_star", "count", "sum", "fsum", "max", "abs", "isfinite", "coalesce", "+", "-", "*", "/"];

/** Every row with its keys, its owners, and per atom whether it counts there (`f`) and with what (`m`). */
function rowsSql(context: ReleaseContext): string {
  const { release, recorder } = context;
  const columns = [
    ...release.keys.map((key) => as(context, emitLeniently(key.expr, recorder), key.id)),
    ...release.owners.map((owner) => as(context, emitOwner(owner, recorder), owner.id)),
    ...(recorder.noisy ? release.atoms.map((atom) => as(context, keySql(atom, context), `${atom.id}_k`)) : []),
    ...release.atoms.map((atom) => as(context, conditionSql(atom, context), `${atom.id}_f`)),
    ...release.atoms
      .filter((atom) => atom.factors.length > 0)
      .map((atom) => as(context, measureSql(atom, context), `${atom.id}_m`)),
    ...quantileColumns(release, recorder),
  ];
  return `SELECT ${columns.join(", ")} ${emitRows(release.rows, recorder)}`;
}

/** What one owner brings to one atom, or to those of its rows that a filter takes. */
function netSql(atom: Atom, filter: string, owner: OwnerExpr): string {
  if (atom.aggregate === "sum") return `${isDouble(atom) ? "fsum" : "sum"}(${q(`${atom.id}_m`)}) FILTER (WHERE ${filter})`;
  const rows = rowsWhere(filter);
  return atom.owner?.id === owner.id ? `CASE WHEN ${rows} > 0 THEN 1 ELSE 0 END` : rows;
}

const rowsWhere = (filter: string): string => `count(*) FILTER (WHERE ${filter})`;

/** The same as a number, 0 where the owner brings nothing. */
function termSql(atom: Atom, owner: OwnerExpr): string {
  return `coalesce(CAST(${netSql(atom, q(`${atom.id}_f`), owner)} AS DOUBLE), 0e0)`;
}

/** Rows of one atom that are not of the other; the conditions alone may already say that there are none. */
interface Beyond {
  readonly id: string;
  readonly of: string;
  readonly without: string;
  readonly empty: boolean;
}

function directions({ left, right, inside }: RowsPair): readonly Beyond[] {
  return [
    { id: beyondId(left, right), of: left, without: right, empty: inside === "left" },
    { id: beyondId(right, left), of: right, without: left, empty: inside === "right" },
  ];
}

interface JudgedCell extends Cell {
  readonly atom: Atom;
  /** How many rows of one owner are in it; 0 says that the owner is not. */
  rows(owner: OwnerExpr): string;
  net(owner: OwnerExpr): string;
  /** Whether the net is a DOUBLE. */
  readonly inDouble: boolean;
}

const byRows = (release: ReleaseDraft): readonly RowsPair[] => release.pairs.filter((pair) => pair.by === "rows");
const byValues = (release: ReleaseDraft): readonly ValuesPair[] => release.pairs.filter((pair) => pair.by === "values");

function cellOfRows(id: string, atom: Atom, filter: string): JudgedCell {
  return {
    id,
    atom,
    rows: () => rowsWhere(filter),
    net: (owner) => netSql(atom, filter, owner),
    inDouble: atom.aggregate === "sum" && isDouble(atom),
  };
}

/** What one atom has more than another, owner by owner; beyond what the order of additions of DOUBLE makes. */
function cellsOfDifference({ left, right }: ValuesPair, atoms: readonly Atom[]): readonly JudgedCell[] {
  const term = (id: string, owner: OwnerExpr): string =>
    atoms
      .filter((atom) => atom.id === id)
      .map((atom) => termSql(atom, owner))
      .join("");
  const net = (owner: OwnerExpr): string => `(${term(left, owner)} - ${term(right, owner)})`;
  const rows = (owner: OwnerExpr): string =>
    `CASE WHEN abs(${net(owner)}) > 1e-9 * (abs(${term(left, owner)}) + abs(${term(right, owner)})) THEN 1 ELSE 0 END`;
  return atoms
    .filter((atom) => atom.id === left)
    .map((atom) => ({ id: differenceId(left, right), atom, rows, net, inDouble: true }));
}

/** All cells that are judged: the atoms, and what two of them leave between them. */
function cellsOf(release: ReleaseDraft): readonly JudgedCell[] {
  const byId = new Map(release.atoms.map((atom) => [atom.id, atom]));
  const own = release.atoms.map((atom) => cellOfRows(atom.id, atom, q(`${atom.id}_f`)));
  const between = byRows(release)
    .flatMap(directions)
    .flatMap(({ id, of, without, empty }) => {
      const atom = byId.get(of);
      return atom === undefined || empty ? [] : [cellOfRows(id, atom, `${q(`${of}_f`)} AND NOT ${q(`${without}_f`)}`)];
    });
  return [...own, ...between, ...byValues(release).flatMap((pair) => cellsOfDifference(pair, release.atoms))];
}

function groupBy(ids: readonly string[]): string {
  return ids.length === 0 ? "" : ` GROUP BY ${ids.map(q).join(", ")}`;
}

/** First level: one row per cell and owner. Rows without a key share one owner (NULL groups with NULL). */
function perOwnerSql(owner: OwnerExpr, context: ReleaseContext): Source {
  const keys = context.release.keys.map((key) => key.id);
  const cells = cellsOf(context.release).flatMap((cell) => [
    as(context, cell.rows(owner), `${cell.id}_n`),
    as(context, cell.net(owner), `${cell.id}_s`),
  ]);
  // An owner counts once, so its record key does.
  const key = ({ id, owner: counted }: Atom): string =>
    `${counted === undefined ? "sum" : "max"}(${q(`${id}_k`)}) FILTER (WHERE ${q(`${id}_f`)})`;
  const columns = [...cells, ...keyedAtoms(owner, context).map((atom) => as(context, key(atom), `${atom.id}_k`))];
  const select = `SELECT ${[...keys.map(q), q(owner.id), ...columns].join(", ")} FROM "__rows"${groupBy([...keys, owner.id])}`;
  return { select, alias: `__per_${owner.id}` };
}

/** Atoms whose figure is made of this owner's rows: each atom is one owner's. */
function keyedAtoms(owner: OwnerExpr, { release, recorder }: ReleaseContext): readonly Atom[] {
  return recorder.noisy ? release.atoms.filter((atom) => valueOwner(atom, release).id === owner.id) : [];
}

function cellColumns(cell: JudgedCell, owner: OwnerExpr, context: ReleaseContext): readonly string[] {
  const own = `${cell.id}_${owner.id}`;
  const net = `abs(CAST(${q(`${cell.id}_s`)} AS DOUBLE))`;
  const touched = `${q(`${cell.id}_n`)} > 0`;
  const sum = `${cell.inDouble ? "fsum" : "sum"}(${q(`${cell.id}_s`)})`;
  const value = cell.inDouble || cell.atom.aggregate === "sum" ? sum : `CAST(${sum} AS BIGINT)`;
  return [
    as(context, `count(*) FILTER (WHERE ${touched} AND ${q(owner.id)} IS NOT NULL)`, `${own}_owners`),
    as(context, `CAST(coalesce(sum(${q(`${cell.id}_n`)}), 0) AS BIGINT)`, `${own}_rows`),
    as(context, `fsum(${net}) FILTER (WHERE ${touched})`, `${own}_total`),
    as(context, `max(${net}, 2) FILTER (WHERE ${touched})`, `${own}_top`),
    as(context, value, `${own}_value`),
  ];
}

/** Second level: the owners disappear, and what the rules ask for is left of them. */
function perCellSql(owner: OwnerExpr, context: ReleaseContext): Source {
  const keys = context.release.keys.map((key) => key.id);
  const columns = [
    ...cellsOf(context.release).flatMap((cell) => cellColumns(cell, owner, context)),
    ...keyedAtoms(owner, context).map(({ id }) => as(context, `sum(${q(`${id}_k`)})`, `${id}_key`)),
  ];
  const select = `SELECT ${[...keys.map(q), ...columns].join(", ")} FROM ${q(`__per_${owner.id}`)}${groupBy(keys)}`;
  return { select, alias: `__cells_${owner.id}` };
}

function joinedCells(context: ReleaseContext): string {
  const [first, ...rest] = context.release.owners.map((owner) => q(`__cells_${owner.id}`));
  const on = (table: string): string => {
    const keys = context.release.keys.map((key) => `${first}.${q(key.id)} IS NOT DISTINCT FROM ${table}.${q(key.id)}`);
    return keys.length === 0 ? "TRUE" : keys.join(" AND ");
  };
  return [first, ...rest.map((table) => `JOIN ${table} ON ${on(table)}`)].join(" ");
}

/**
 * What the noise of a counted figure is drawn from. Its step is the contribution of the cell's greatest owner, or the bound of
 * all where the cell is so large that it need not be counted owner by owner.
 */
function drawColumns(atom: Atom, bounds: BoundsBook, context: ReleaseContext): readonly string[] {
  const owners = noiseOwners(atom, context.release);
  const figure = (name: string, place = ""): readonly string[] =>
    owners.map(({ id }) => `${q(`${atom.id}_${id}_${name}`)}${place}`);
  const [total, top] = [greatestOf(figure("total")), greatestOf(figure("top", "[1]"))];
  const known = owners.flatMap((owner) => bounds.total(atom, owner) ?? []);
  const most = greatestOf(known);
  const scale =
    known.length < owners.length
      ? top
      : `CASE WHEN ${total} >= (${boundedNoise}e0 * ${most}) AND ${top} <= ${most} THEN ${most} ELSE ${top} END`;
  const names = drawnFrom(atom.id);
  return [
    as(context, `CAST(${q(`${atom.id}_key`)} AS HUGEINT)`, names.key),
    as(context, scale, names.scale),
    as(context, total, names.total),
  ];
}

function evidenceColumns(atom: Atom, context: ReleaseContext): readonly string[] {
  const { owners } = context.release;
  const value = as(context, q(`${atom.id}_${valueOwner(atom, context.release).id}_value`), `${atom.id}_value`);
  const perOwner = owners.flatMap((owner, i) => {
    const [from, to] = [`${atom.id}_${owner.id}`, evidencePrefix(atom.id, i)];
    return [
      as(context, q(`${from}_owners`), `${to}_owners`),
      as(context, q(`${from}_total`), `${to}_total_abs`),
      as(context, `${q(`${from}_top`)}[1]`, `${to}_top1`),
      as(context, `${q(`${from}_top`)}[2]`, `${to}_top2`),
    ];
  });
  return [...perOwner, value];
}

/** The verdict of a cell alone; the pairs look at these. */
function baseColumns(rules: ReleaseRules, context: ReleaseContext): readonly string[] {
  const { owners, atoms } = context.release;
  return atoms.map((atom) => {
    const value = q(`${atom.id}_${valueOwner(atom, context.release).id}_value`);
    const finite = isDouble(atom) ? `isfinite(${value})` : "TRUE";
    const margin = context.recorder.noisy ? marginSql(q(`${atom.id}_key`)) : undefined;
    return as(context, baseVerdict(atom.id, owners, finite, margin, rules), `${atom.id}_base`);
  });
}

/** The owner whose number one of the two is; the first owner where neither is a number of owners. */
function counted({ left, right }: ValuesPair, { atoms, owners }: ReleaseDraft): OwnerExpr {
  return atoms.find(({ id, owner }) => owner !== undefined && (id === left || id === right))?.owner ?? owners[0];
}

/** The last word: a cell that passes alone may still tell by what it leaves of another. */
function finalVerdict(atom: Atom, rules: ReleaseRules, context: ReleaseContext): string {
  const { fullChecks, owners } = context.release;
  const pairs = byRows(context.release);
  const differences = byValues(context.release)
    .filter((pair) => pair.right === atom.id)
    .map((pair) => differenceTest(pair, counted(pair, context.release), owners, rules));
  const complements = pairs
    .flatMap(directions)
    .filter((beyond) => beyond.without === atom.id && !beyond.empty)
    .map((beyond) => {
      const back = pairs.flatMap(directions).find((other) => other.of === atom.id && other.without === beyond.of);
      return complementTest(
        { whole: beyond.of, beyond: beyond.id, back: back?.empty === false ? back.id : undefined },
        owners,
        rules,
      );
    });
  const full = fullChecks.filter((check) => check.part === atom.id).map((check) => fullTest(check, owners));
  const whens = [
    `WHEN ${q(`${atom.id}_base`)} <> 'pass' THEN ${q(`${atom.id}_base`)}`,
    ...full.map((test) => `WHEN ${test} THEN 'full'`),
    ...[...complements, ...differences].map((test) => `WHEN ${test} THEN 'complement'`),
  ];
  return as(context, `CASE ${whens.join(" ")} ELSE 'pass' END`, `${atom.id}_verdict`);
}

/** Columns of the evidence of one atom, in order. */
export function evidenceNames(atom: string, owners: number): readonly string[] {
  const figures = Array.from({ length: owners }, (_unused, i) => evidencePrefix(atom, i)).flatMap((prefix) =>
    ["owners", "total_abs", "top1", "top2"].map((figure) => `${prefix}_${figure}`),
  );
  const [count = "", ...rest] = figures;
  return [count, `${atom}_value`, ...rest, `${atom}_verdict`];
}

/** Rows of those cells that no certificate covers; a join without partners ends the scan. */
function uncertified(select: string, { release, recorder }: ReleaseContext): string {
  const keys = release.keys.map((key) => q(key.id));
  const [all, rest] = [q("__all"), q("__unsure")];
  for (const name of ["__all", "__unsure", "__only"]) recorder.columns.add(name);
  const unsure = `SELECT ${[...keys, `1 AS ${q("__only")}`].join(", ")} FROM ${q(judgedLevel)} WHERE NOT "sure"`;
  const on = keys.map((key) => `${all}.${key} IS NOT DISTINCT FROM ${rest}.${key}`);
  const single = on.length === 0 ? [`${all}.${q("__only")} = ${rest}.${q("__only")}`] : on;
  return `SELECT * FROM (${select.replace("SELECT ", `SELECT 1 AS ${q("__only")}, `)}) AS ${all} SEMI JOIN (${unsure}) AS ${rest} ON ${single.join(" AND ")}`;
}

function noiseSource({ release, recorder }: ReleaseContext): Source {
  recorder.tables.add(hiddenTables.noise);
  for (const name of ["secret", "table", "key"]) recorder.columns.add(name);
  for (const name of noiseFunctions) recorder.functions.add(name);
  recorder.forms.add("SUBQUERY");
  return { select: noiseLevelSql(storedTables(release.rows.from)), alias: noiseLevel };
}

function boundsSource(bounds: BoundsBook, { recorder }: ReleaseContext): Source {
  recorder.tables.add(hiddenTables.profile);
  for (const name of ["table", "owner", "by", "measure", "most", "least"]) recorder.columns.add(name);
  for (const name of bounds.names()) recorder.columns.add(name);
  for (const name of boundsFunctions) recorder.functions.add(name);
  recorder.forms.add("SUBQUERY");
  return { select: bounds.level(), alias: boundsLevel };
}

/**
 * The SELECT that computes a release with its evidence: keys, and per atom owners, value, dominance and verdict. Cells that
 * a certificate covers come from one pass over the rows, the others are counted owner by owner.
 */
export function emitReleaseBody(release: ReleaseDraft, rules: ReleaseRules, recorder: Recorder): string {
  const context: ReleaseContext = { release, recorder };
  for (const name of frameFunctions) recorder.functions.add(name);
  const bounds = createBounds(release);
  // What stands beside the atoms is judged row by row.
  const fast = release.quantiles.length > 0 ? undefined : fastPass(bounds, rules, context);
  const keys = release.keys.map((key) => key.id);
  const [first] = release.owners;
  const firstCells = `__cells_${first.id}`;
  const cellNames = cellsOf(release).flatMap((cell) =>
    release.owners.flatMap((owner) =>
      ["owners", "rows", "total", "top", "value"].map((figure) => `${cell.id}_${owner.id}_${figure}`),
    ),
  );
  const noisy = recorder.noisy ? release.atoms.map(({ id }) => q(`${id}_key`)) : [];
  const cells = [
    ...keys.map((key) => `${q(firstCells)}.${q(key)}`),
    ...cellNames.map(q),
    ...noisy,
    ...baseColumns(rules, context),
  ];
  const quantiles = quantileParts(release, rules, recorder);
  const columns = [
    ...keys.map((key) => `"__cells".${q(key)}`),
    ...release.atoms.flatMap((atom) => [...evidenceColumns(atom, context), finalVerdict(atom, rules, context)]),
    ...(recorder.noisy ? release.atoms.flatMap((atom) => drawColumns(atom, bounds, context)) : []),
    ...quantiles.columns,
  ];
  const sure = fast === undefined ? undefined : sureRows(fast, bounds, evidencePrefix, context);
  const rows = rowsSql(context);
  const noise = recorder.noisy ? [noiseSource(context)] : [];
  const withNoise = noise.map(({ alias }) => ` CROSS JOIN ${q(alias)}`).join("");
  const withBounds = recorder.noisy ? ` CROSS JOIN ${q(boundsLevel)}` : "";
  const levels: readonly Source[] = [
    ...(fast === undefined && !recorder.noisy ? [] : [boundsSource(bounds, context)]),
    ...noise,
    ...(fast?.levels ?? []),
    { select: fast === undefined ? rows : uncertified(rows, context), alias: "__rows" },
    ...release.owners.flatMap((owner) => [perOwnerSql(owner, context), perCellSql(owner, context)]),
    { select: `SELECT ${cells.join(", ")} FROM ${joinedCells(context)}${withNoise}`, alias: "__cells" },
    ...quantiles.levels,
  ];
  // Without keys the exact pass has a row even where nothing is left for it.
  const left = fast === undefined || keys.length > 0 ? "" : ` WHERE EXISTS (SELECT 1 FROM ${q(judgedLevel)} WHERE NOT "sure")`;
  const exact = `SELECT ${columns.join(", ")} FROM "__cells"${quantiles.join}${withNoise}${withBounds}${left}`;
  const passed = sure === undefined ? exact : `${sure} UNION ALL ${exact}`;
  const all = [...levels, ...(recorder.noisy ? drawnLevels(passed, context) : [])];
  for (const { alias } of all) recorder.tables.add(alias);
  for (const { alias } of all) recorder.columns.add(alias);
  if (fast !== undefined) for (const form of ["SET_OPERATION_NODE", "SUBQUERY"]) recorder.forms.add(form);
  const hint = (alias: string): string => (alias === judgedLevel ? "MATERIALIZED " : "");
  const body = all.map(({ select, alias }) => `${q(alias)} AS ${hint(alias)}(${select})`).join(", ");
  return `WITH ${body} ${recorder.noisy ? movedSql(context) : passed}`;
}

const [passedLevel, drawnLevel, placedLevel] = ["__passed", "__drawn", "__placed"];

/** A level with columns beside those of the one before it, each computed once from them. */
function beside(
  level: string,
  more: readonly { readonly sql: string; readonly name: string }[],
  context: ReleaseContext,
): string {
  const columns = more.map(({ sql, name }) => as(context, sql, name));
  return `SELECT ${[`${q(level)}.*`, ...columns].join(", ")} FROM ${q(level)} CROSS JOIN ${q(noiseLevel)}`;
}

/** The cells of both passes, beside each figure the draw of its noise, and where that falls. */
function drawnLevels(passed: string, context: ReleaseContext): readonly Source[] {
  const { atoms } = context.release;
  return [
    { select: passed, alias: passedLevel },
    { select: beside(passedLevel, atoms.flatMap(drawSql), context), alias: drawnLevel },
    { select: beside(drawnLevel, atoms.flatMap(placesSql), context), alias: placedLevel },
  ];
}

/** The cells with their figures as they are shown. */
function movedSql(context: ReleaseContext): string {
  const shown = context.release.atoms.map((atom) => ({ sql: shownSql(atom), name: `${atom.id}_shown` }));
  return beside(placedLevel, shown, context);
}

/** Evidence in a fixed order of columns and rows, for the trusted side and reviewers. */
export function emitEvidence(release: ReleaseDraft, recorder: Recorder): string {
  const columns = [
    ...release.keys.map((key) => key.id),
    ...release.atoms.flatMap((atom) => evidenceNames(atom.id, release.owners.length)),
    ...release.quantiles.flatMap(({ points }) => points.flatMap(({ id }) => pointNames(id, release.owners.length))),
  ];
  for (const column of columns) recorder.columns.add(column);
  const order = release.keys.length === 0 ? "" : ` ORDER BY ${release.keys.map((key) => q(key.id)).join(", ")}`;
  return `SELECT ${columns.map(q).join(", ")} FROM ${q(releaseTable(release.id))}${order}`;
}
