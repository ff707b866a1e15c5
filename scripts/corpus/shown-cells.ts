import { isShown, sameValue } from "./compare.ts";
import { columnsIn } from "./reference/ast.ts";
import type { Cell } from "./reference/cell.ts";
import type { Derived, LinkedCells, Rows } from "./reference/reference.ts";
import { gridOf } from "./tables.ts";

export interface ShownCells {
  /** Atoms of figures that are shown. */
  readonly shown: readonly Cell[];
  /** Atoms that the rules forbid and that no shown figure holds. */
  readonly unsafe: readonly Cell[];
  /** Shown rows whose keys the reference does not know. */
  readonly unknownRows: number;
}

type LinkedRow = LinkedCells["rows"][number];

/** The row of the reference with the same keys. */
export function rowOf(row: readonly unknown[], { columns, rows }: LinkedCells): LinkedRow | undefined {
  return rows.find(({ keys }) => columns.every((figure, at) => figure !== undefined || sameValue(row[at], keys[at])));
}

/** Which atoms stand behind what is shown, where the statement's outermost level releases them. */
export function shownCells(rows: Rows, linked: LinkedCells): ShownCells {
  const shown = new Set<Cell>();
  let unknownRows = 0;
  for (const row of rows) {
    const known = rowOf(row, linked);
    if (known === undefined) unknownRows++;
    for (const [at, places] of linked.columns.entries())
      if (places !== undefined && isShown(row[at])) for (const place of places) add(shown, known?.cells.cells[place]);
  }
  const unsafe = linked.rows.flatMap(({ cells }) =>
    cells.cells.filter((cell, at) => cells.safe[at] === false && !shown.has(cell)),
  );
  return { shown: [...shown], unsafe, unknownRows };
}

function add(set: Set<Cell>, cell: Cell | undefined): void {
  if (cell !== undefined) set.add(cell);
}

/**
 * Where outer figures are computed from inner ones, every inner figure that the rules allow counts as
 * shown; without those that others of their row betray, where the outer ones are computed without them.
 */
export function innerCells({ cells }: Derived, without: "unsafe" | "betrayed"): ShownCells {
  const split = cells.map((row) => ({ row, kept: without === "unsafe" ? row.safe : row.standing }));
  const shown = split.flatMap(({ row, kept }) => row.cells.filter((_cell, at) => kept[at] === true));
  const unsafe = split.flatMap(({ row }) => row.cells.filter((_cell, at) => row.safe[at] === false));
  return { shown, unsafe, unknownRows: 0 };
}

/** Columns of quantiles are known to a step of the grid: they may be computed from a histogram. */
export function quantileTolerances({ linked }: Derived): readonly number[] {
  const [row] = linked?.rows ?? [];
  if (linked === undefined || row === undefined) return [];
  const stepOf = (place: number): number => gridOfBase(row.cells.cells[place]?.base ?? "");
  return linked.columns.map((places) => Math.max(0, ...(places ?? []).map(stepOf)));
}

function gridOfBase(base: string): number {
  if (!base.startsWith("quantile ")) return 0;
  return Math.max(0, ...columnsIn(JSON.parse(base.slice("quantile ".length))).map((name) => gridOf(name) ?? 0));
}
