import { BIGINT, BOOLEAN, type DuckDBConnection, DuckDBScalarFunction, VARCHAR } from "@duckdb/node-api";
import { corpusRules, gridOf } from "../tables.ts";
import { canonical, columnsIn } from "./ast.ts";
import type { Atom, Figure } from "./atoms.ts";
import { brokenRule, type Cell, type Contribution, makeCell, readContributions } from "./cell.ts";
import { breaksBeside } from "./combine.ts";

/** One level of a statement at which owners disappear. */
export interface Entry {
  readonly node: number;
  readonly atoms: readonly (Atom & { readonly points?: readonly number[] })[];
  placesOf(figure: Figure): readonly number[];
}

/** The cells of one row of one level, atom by atom. */
export interface CellRow {
  readonly node: number;
  readonly cells: readonly Cell[];
  /** Which of them the rules allow by themselves. */
  readonly safe: readonly boolean[];
  /** Which of them also betray nothing beside the others of the row. */
  readonly standing: readonly boolean[];
}

/**
 * What the reference's SQL is told by and tells: it hands over who stands behind each atom of a row
 * and hears whether the figure may stand. Judged here, in JavaScript, by counting.
 */
export interface CellBook {
  enter(figures: readonly Figure[]): Entry;
  /** The row of cells that a `cells` run numbered so. */
  row(at: number): CellRow | undefined;
  /** All rows of cells that the last run judged, by level. */
  judged(): readonly CellRow[];
  forget(): void;
}

function atomsOf(figure: Figure): readonly (Atom & { readonly points?: readonly number[] })[] {
  if (figure.kind === "atoms") return figure.atoms;
  if (figure.kind !== "quantile") return [];
  const { of, points, conditions } = figure;
  return [{ base: `quantile ${canonical(of)}`, perOwner: "sum", conditions, amount: of, extra: false, points }];
}

/** n·min(p, 1−p) ≥ k, points k owners apart, and the k owners below and above within one step of the grid (design §5). */
function quantileHolds(atom: Atom & { readonly points?: readonly number[] }, contributions: readonly Contribution[]): boolean {
  const values = contributions.map(({ amount }) => amount).sort((a, b) => a - b);
  const owners = new Set(contributions.map(({ owners }) => owners[0]));
  const k = corpusRules.minOwners;
  const points = [...(atom.points ?? [])].sort((a, b) => a - b);
  const grid = Math.max(0, ...columnsIn(atom.amount).map((name) => gridOf(name) ?? 0));
  const near = (point: number): boolean => {
    const at = Math.floor((values.length - 1) * point);
    const middle = values[at] ?? Number.NaN;
    const [low, high] = [values[at - k] ?? Number.NaN, values[at + 1 + k] ?? Number.NaN];
    return middle - low <= grid && high - middle <= grid;
  };
  return (
    points.length > 0 &&
    owners.size >= k &&
    points.every(
      (point, at) =>
        owners.size * Math.min(point, 1 - point) >= k && (at === 0 || owners.size * (point - (points[at - 1] ?? 0)) >= k),
    ) &&
    points.every(near)
  );
}

export function openBook(connection: DuckDBConnection): CellBook {
  const entries: Entry[] = [];
  const rows: CellRow[] = [];
  const judged = new Map<string, CellRow>();

  /** Atoms that stand in the strict reading: also no other figure of the row betrays anything beside them. */
  const standingOf = ({ node, cells, safe }: Omit<CellRow, "standing">): readonly boolean[] => {
    const atoms = entries[node]?.atoms ?? [];
    const betrays = (at: number, place: number): boolean => {
      const [cell, other, own, beside] = [cells[at], cells[place], atoms[at], atoms[place]];
      if (cell === undefined || other === undefined || own === undefined || beside === undefined) return false;
      return at !== place && safe[place] === true && breaksBeside(cell, other, { cell: own, other: beside });
    };
    return cells.map((_cell, at) => safe[at] === true && !cells.some((_other, place) => betrays(at, place)));
  };

  const judge = (node: number, texts: readonly (string | null)[]): CellRow => {
    const key = `${node}\0${texts.join("\0")}`;
    const known = judged.get(key);
    if (known !== undefined) return known;
    const atoms = entries[node]?.atoms ?? [];
    const lists = texts.map(readContributions);
    const cells = lists.map((list, at) => makeCell(atoms[at]?.base ?? "", list));
    const safe = lists.map((list, at) => {
      const atom = atoms[at];
      if (atom === undefined || brokenRule(list, atom.perOwner) !== undefined) return false;
      return atom.points === undefined || quantileHolds(atom, list);
    });
    const row: CellRow = { node, cells, safe, standing: standingOf({ node, cells, safe }) };
    judged.set(key, row);
    return row;
  };

  const allowed = (what: string, texts: readonly (string | null)[]): boolean => {
    const [node = "", mode = "", places = ""] = what.split(":");
    const row = judge(Number(node), texts);
    const atoms = entries[row.node]?.atoms ?? [];
    const standing = mode === "strict" ? row.standing : row.safe;
    if (places === "any") return standing.some((one, at) => one && atoms[at]?.extra === false);
    return places
      .split(",")
      .every((place) => standing[Number(place)] === true || (mode !== "strict" && atoms[Number(place)]?.extra === true));
  };

  const valuesAllowed = (text: string | null): bigint | null => {
    const byValue = new Map<string, Contribution[]>();
    for (const line of (text ?? "").split("\n").filter((one) => one !== "")) {
      const [contribution] = readContributions(line);
      const value = line.split(";").slice(3).join(";");
      if (contribution !== undefined) byValue.set(value, [...(byValue.get(value) ?? []), contribution]);
    }
    const shown = [...byValue.values()].filter((list) => brokenRule(list) === undefined).length;
    return shown === 0 ? null : BigInt(shown);
  };

  register(connection, "hg_ok", BOOLEAN, ([what, ...texts]) => allowed(what ?? "", texts));
  register(connection, "hg_tell", BIGINT, ([node, ...texts]) => BigInt(rows.push(judge(Number(node), texts)) - 1));
  register(connection, "hg_values", BIGINT, ([text]) => valuesAllowed(text ?? null));

  return {
    enter: (figures) => {
      const atoms: (Atom & { readonly points?: readonly number[] })[] = [];
      const places = new Map<Figure, number[]>();
      for (const figure of figures)
        places.set(
          figure,
          atomsOf(figure).map((atom) => atoms.push(atom) - 1),
        );
      // A row of labels alone, or of figures that nobody may see, stands for its rows.
      if (!atoms.some(({ extra }) => !extra)) atoms.push({ base: "rows", perOwner: "sum", conditions: [], extra: false });
      const entry: Entry = { node: entries.length, atoms, placesOf: (figure) => places.get(figure) ?? [] };
      entries.push(entry);
      return entry;
    },
    row: (at) => rows[at],
    judged: () => [...judged.values()],
    forget: () => {
      entries.length = 0;
      rows.length = 0;
      judged.clear();
    },
  };
}

function register(
  connection: DuckDBConnection,
  name: string,
  returnType: typeof BOOLEAN | typeof BIGINT,
  answer: (texts: readonly (string | null)[]) => boolean | bigint | null,
): void {
  connection.registerScalarFunction(
    DuckDBScalarFunction.create({
      name,
      returnType,
      parameterTypes: [VARCHAR],
      varArgsType: VARCHAR,
      // An atom without rows comes as NULL, and is judged like any other.
      specialHandling: true,
      mainFunction: (_info, chunk, output) => {
        const columns = Array.from({ length: chunk.columnCount }, (_unused, at) => chunk.getColumnVector(at));
        for (let row = 0; row < chunk.rowCount; row++)
          output.setItem(row, answer(columns.map((vector) => (vector.getItem(row) as string | null) ?? null)));
        output.flush();
      },
    }),
  );
}
