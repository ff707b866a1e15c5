import { type Col, col, type From } from "./ast.ts";
import type { Choices } from "./choices.ts";
import { wordsOf } from "./database.ts";
import type { World } from "./world.ts";

/** What may be asked of a column. `opaque`: only grouped by; `total`: only added up. */
export type ColumnKind = "word" | "date" | "measure" | "count" | "flag" | "key" | "opaque" | "total";

export interface Known {
  readonly ref: Col;
  readonly kind: ColumnKind;
  readonly owner: "person" | "firm" | undefined;
  readonly words: readonly string[];
  readonly grid: number;
  /** May stand inside sum(). */
  readonly adds: boolean;
}

/** Rows with what the generator knows of their columns. */
export interface Source {
  readonly from: From;
  readonly columns: readonly Known[];
}

/** Where aliases come from. */
export class Scope {
  readonly choices: Choices;
  readonly world: World;
  #aliases = 0;

  constructor(choices: Choices, world: World) {
    this.choices = choices;
    this.world = world;
  }

  alias(): string {
    this.#aliases += 1;
    return `t${this.#aliases}`;
  }

  table(name: string): Source {
    const table = this.world.tables.find((one) => one.name === name);
    if (table === undefined) throw new TypeError(`no table ${name}`);
    const as = this.alias();
    const kindOf = {
      text: "word",
      date: "date",
      boolean: "flag",
      key: "key",
      integer: "measure",
      double: "measure",
      decimal: "measure",
    } as const;
    const columns = table.columns.map(
      (column): Known => ({
        ref: col(as, column.name),
        kind: kindOf[column.type],
        owner: column.kind,
        words: wordsOf(column.name),
        grid: column.grid ?? 1,
        adds: column.role === "measure",
      }),
    );
    return { from: { k: "table", table: name, as }, columns };
  }
}

export const ofKind = (columns: readonly Known[], ...kinds: readonly ColumnKind[]): readonly Known[] =>
  columns.filter((column) => kinds.includes(column.kind));
