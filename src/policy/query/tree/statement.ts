import type { At } from "../refusal.ts";
import type { Expr, OrderItem } from "./expression.ts";

/** A column name as written, with what stands before it: nothing, a table, or a schema and a table. */
export interface WrittenName {
  readonly name: string;
  readonly qualifier: readonly string[];
  /** `#2`: the place of a column in FROM, from 1, instead of its name. */
  readonly place?: number | undefined;
  /** COLUMNS(…): one of the columns that it chooses (`place`), all of them (`unpack`), or not yet said which. */
  readonly star?: StarTree | undefined;
  readonly unpack?: boolean | undefined;
}

/** An expression as the operator wrote it. */
export type Written = Expr<WrittenName, QueryTree>;

/** A query as the operator wrote it. */
export type QueryTree = SelectTree | SetTree;

/** LIMIT: a number of rows, or a share of them. */
export interface LimitTree {
  readonly count: Written;
  readonly percent: boolean;
}

/** `*`, `t.*` or `COLUMNS(…)`: which columns, and what becomes of them. */
export interface StarTree {
  readonly table: string | undefined;
  readonly exclude: readonly WrittenName[];
  readonly replace: readonly { readonly name: string; readonly expr: Written }[];
  readonly rename: readonly { readonly from: WrittenName; readonly to: string }[];
  /** Undefined for all of them. */
  readonly choice: StarChoice | undefined;
  readonly at: At;
}

/** COLUMNS('regex'), COLUMNS(['a', 'b']), COLUMNS(c -> c LIKE 'a%'), * LIKE 'a%': by their names. */
export type StarChoice =
  | { readonly kind: "pattern"; readonly pattern: string }
  | { readonly kind: "list"; readonly names: readonly string[] }
  | { readonly kind: "test"; readonly parameter: string; readonly test: Written };

export type SelectItem =
  /** With an alias for every column, into which groups of the pattern may be put. */
  | { readonly kind: "star"; readonly star: StarTree; readonly alias: string | undefined }
  /** `made`: the name that the engine gives to what has no alias, as far as it is known. */
  | { readonly kind: "expr"; readonly expr: Written; readonly alias: string | undefined; readonly made: string | undefined };

/** One column of a PIVOT for each aggregate: its key equals this text. */
export interface PivotEntry {
  /** One for each key expression; undefined for NULL. */
  readonly values: readonly (string | undefined)[];
  readonly name: string;
}

export type UnpivotEntry =
  | { readonly kind: "columns"; readonly exprs: readonly Written[]; readonly name: string | undefined }
  | { readonly kind: "star"; readonly star: StarTree };

/** ORDER BY ALL, or written items. */
export type OrderTree =
  | {
      readonly kind: "all";
      readonly direction: OrderItem<WrittenName, QueryTree>["direction"];
      readonly nulls: OrderItem<WrittenName, QueryTree>["nulls"];
    }
  | { readonly kind: "items"; readonly items: readonly OrderItem<WrittenName, QueryTree>[] };

/** One SELECT as the operator wrote it, in the platform's own shape. */
export interface SelectTree {
  readonly kind: "select";
  readonly ctes: readonly CteTree[];
  readonly items: readonly SelectItem[];
  readonly from: FromTree;
  readonly where: Written | undefined;
  readonly groupBy: readonly Written[];
  /** ROLLUP, CUBE and GROUPING SETS, expanded: places in `groupBy`. Undefined for one set that holds all of them. */
  readonly groupSets: readonly (readonly number[])[] | undefined;
  /** GROUP BY ALL. */
  readonly groupAll: boolean;
  readonly having: Written | undefined;
  readonly qualify: Written | undefined;
  readonly distinct: boolean;
  /** DISTINCT ON: the first row, in the order asked for, of each combination. */
  readonly distinctOn: readonly Written[];
  readonly order: OrderTree;
  readonly limit: LimitTree | undefined;
  readonly offset: Written | undefined;
  readonly at: At;
}

/** UNION, EXCEPT or INTERSECT of two queries; `all` keeps doubles. */
export interface SetTree {
  readonly kind: "set";
  readonly ctes: readonly CteTree[];
  readonly op: SetOp;
  readonly all: boolean;
  /** Columns meet by their names, not by their places. */
  readonly byName: boolean;
  readonly left: QueryTree;
  readonly right: QueryTree;
  readonly order: OrderTree;
  readonly limit: LimitTree | undefined;
  readonly offset: Written | undefined;
  readonly at: At;
}

export type SetOp = "union" | "except" | "intersect";

export interface CteTree {
  readonly name: string;
  readonly columns: readonly string[];
  readonly query: QueryTree;
  /** What is added to `query` again and again, from the rows that came last, until there are none. */
  readonly step: StepTree | undefined;
  readonly at: At;
}

export interface StepTree {
  readonly query: QueryTree;
  readonly all: boolean;
  /** WITH queries in sight of both parts. */
  readonly ctes: readonly CteTree[];
  /** USING KEY: a row replaces the one before that has the same values in these columns. */
  readonly keys: readonly string[];
}

export type JoinKind =
  | "inner"
  | "left"
  | "right"
  | "full"
  | "cross"
  | "semi"
  | "anti"
  | "asof"
  | "asof-left"
  | "asof-right"
  | "asof-full"
  | "positional";

export type FromTree =
  | { readonly kind: "none"; readonly at: At }
  | {
      readonly kind: "table";
      readonly name: string;
      /** `recurring.t`: all rows of a keyed recursion so far, not the newest ones only. */
      readonly recurring: boolean;
      readonly alias: string | undefined;
      readonly columns: readonly string[];
      readonly at: At;
    }
  | {
      readonly kind: "query";
      readonly query: QueryTree;
      readonly alias: string | undefined;
      readonly columns: readonly string[];
      readonly at: At;
    }
  | {
      readonly kind: "values";
      readonly rows: readonly (readonly Written[])[];
      readonly alias: string | undefined;
      readonly columns: readonly string[];
      readonly at: At;
    }
  /** Figures side by side: one column for each listed value of the keys and each aggregate. */
  | {
      readonly kind: "pivot";
      readonly source: FromTree;
      readonly aggregates: readonly { readonly expr: Written; readonly name: string | undefined }[];
      readonly pivots: readonly { readonly keys: readonly Written[]; readonly entries: readonly PivotEntry[] }[];
      /** Empty: by all columns that nothing else names. */
      readonly groups: readonly string[];
      readonly alias: string | undefined;
      readonly columns: readonly string[];
      readonly at: At;
    }
  /** Columns one below the other: a row for each, with its name and its value. */
  | {
      readonly kind: "unpivot";
      readonly source: FromTree;
      readonly name: string;
      readonly values: readonly string[];
      readonly entries: readonly UnpivotEntry[];
      readonly includeNulls: boolean;
      readonly alias: string | undefined;
      readonly columns: readonly string[];
      readonly at: At;
    }
  /** A function that gives rows, as `range(3)` or `unnest(list)`; `ordinality` numbers them in a column of its own. */
  | {
      readonly kind: "function";
      readonly fn: string;
      /** Names that the function itself gives its columns. */
      readonly given: readonly string[];
      readonly args: readonly Written[];
      readonly ordinality: boolean;
      readonly alias: string | undefined;
      readonly columns: readonly string[];
      readonly at: At;
    }
  | {
      readonly kind: "join";
      readonly join: JoinKind;
      readonly left: FromTree;
      readonly right: FromTree;
      readonly on: Written | undefined;
      readonly using: readonly string[];
      /** NATURAL: by all names that both sides have. */
      readonly natural: boolean;
      readonly at: At;
    };
