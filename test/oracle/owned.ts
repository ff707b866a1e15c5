import { type Agg, type Col, type Expr, lit, mapChildren, type Select, someExpr, type Value, type Win } from "./ast.ts";
import { aggregate, evaluate, order } from "./evaluate.ts";
import { linear, termConditions } from "./figures.ts";
import {
  type Column,
  type ColumnType,
  columnOf,
  isTelling,
  keyOf,
  type Part,
  type Relation,
  type Role,
  type Row,
} from "./relation.ts";
import { groupsOf, plainFigure } from "./release.ts";
import { envOf, filtered } from "./rows.ts";
import type { Run } from "./world.ts";

/** Whether it tells something of an owner that this figure of the owner's rows is there. */
function presenceTells(expr: Expr, relation: Relation): boolean {
  const isCondition = (arg: Expr): boolean => ["cmp", "logic", "not", "null", "in", "between"].includes(arg.k);
  return someExpr(expr, (node) => {
    if (node.k === "exists" || node.k === "win") return true;
    if (node.k === "col") {
      const column = columnOf(relation, node);
      return column.free || column.tells || relation.outer.has(column.source);
    }
    if (node.k === "agg") {
      const asked = [...(node.filter === undefined ? [] : [node.filter]), ...node.args.filter(isCondition)];
      return asked.some((one) => isTelling(one, relation));
    }
    return node.k === "case" && node.branches.some((branch) => isTelling(branch.when, relation));
  });
}

/** Attributes are what is made of anything but quasi-identifiers. */
function roleOf(expr: Expr, relation: Relation): Role {
  const telling = someExpr(expr, (node) => {
    if (node.k === "agg" || node.k === "win" || node.k === "exists") return true;
    if (node.k !== "col") return false;
    const column = columnOf(relation, node);
    return column.free || column.role !== "quasi";
  });
  return telling ? "attribute" : "quasi";
}

interface Shape {
  readonly role: Role;
  readonly type: ColumnType;
  readonly base: string;
  readonly sums: Column["sums"];
}

const count: Shape = { role: "attribute", type: "integer", base: "count", sums: "itself" };

/** The hidden totals of one table of derived rows, each with what it computes. */
interface Hidden {
  readonly columns: Column[];
  readonly exprs: Map<string, Expr>;
}

const isMeasure = (column: Column): boolean => column.role === "measure";

class OwnedColumns {
  readonly #relation: Relation;
  readonly #as: string;
  readonly hidden: Hidden = { columns: [], exprs: new Map() };

  constructor(relation: Relation, as: string) {
    this.#relation = relation;
    this.#as = as;
  }

  id(expr: Expr): string {
    return `${this.#as}:${keyOf(expr, this.#relation)}`;
  }

  /** A total that is no column of the statement's own. */
  #part(expr: Expr, base: string): Column {
    const id = `${this.id(expr)} part`;
    const known = this.hidden.columns.find((column) => column.id === id);
    if (known !== undefined) return known;
    const name = `#${this.hidden.columns.length}`;
    const column = this.column(name, expr, { role: "measure", type: "double", base, sums: "itself" });
    this.hidden.columns.push({ ...column, id });
    this.hidden.exprs.set(id, expr);
    return { ...column, id };
  }

  column(name: string, expr: Expr, shape: Shape): Column {
    const tells = presenceTells(expr, this.#relation);
    return { of: this.#as, name, id: this.id(expr), source: this.#as, tells, chosen: this.#relation.told, free: false, ...shape };
  }

  /** NULL where nothing is counted: an owner without any is no contributor. */
  #counted(counting: Expr): Part {
    return { coefficient: 1, column: this.#part({ k: "fn", fn: "nullif", args: [counting, lit(0)] }, "count") };
  }

  #baseOf(factors: readonly Expr[]): string {
    const based = { ...this.#relation, columns: this.#relation.columns.map((column) => ({ ...column, id: column.base })) };
    return factors
      .map((factor) => keyOf(factor, based))
      .toSorted()
      .join(" * ");
  }

  ofAggregate(expr: Agg): Shape {
    const [arg] = expr.args;
    if (expr.fn === "count") {
      if (arg === undefined && expr.filter === undefined) return count;
      return { ...count, sums: [this.#counted(expr)] };
    }
    if (expr.fn === "sum" && arg !== undefined) return this.#ofSum(expr, arg);
    const column = arg?.k === "col" ? columnOf(this.#relation, arg) : undefined;
    if (column !== undefined && isMeasure(column)) {
      return { role: "measure", type: "double", base: keyOf(expr, this.#relation), sums: "never" };
    }
    return { role: "attribute", type: column?.type ?? "boolean", base: keyOf(expr, this.#relation), sums: "never" };
  }

  #ofSum(expr: Agg, arg: Expr): Shape {
    const filter = expr.filter === undefined ? [] : [expr.filter];
    const column = arg.k === "col" ? columnOf(this.#relation, arg) : undefined;
    if (column !== undefined && isMeasure(column) && column.sums === "itself") {
      return { role: "measure", type: "double", base: this.#baseOf([arg]), sums: "itself" };
    }
    const key = (one: Expr): string => keyOf(one, this.#relation);
    const terms = linear(arg, this.#relation).flatMap((branch) => branch.terms.map((term) => ({ branch, term })));
    const real = terms.filter(({ term }) => term.coefficient !== 0);
    const parts = real.map(({ branch, term }): Part => {
      const conditions = [...filter, ...termConditions(branch, term, key)];
      const [only] = conditions;
      const where: Expr | undefined = conditions.length > 1 ? { k: "logic", op: "and", args: conditions } : only;
      const made: Agg = { k: "agg", fn: "sum", args: [], distinct: false, filter: where };
      if (term.factors.length === 0) {
        return { ...this.#counted({ ...made, fn: "count" }), coefficient: term.coefficient };
      }
      const [first = lit(0), ...more] = term.factors;
      const product = more.reduce<Expr>((a, b) => ({ k: "fn", fn: "*", args: [a, b] }), first);
      return { coefficient: term.coefficient, column: this.#part({ ...made, args: [product] }, this.#baseOf(term.factors)) };
    });
    const isCount = real.every(({ term }) => term.factors.length === 0 && term.coefficient === 1);
    if (isCount) return { ...count, sums: parts };
    return { role: "measure", type: "double", base: keyOf(expr, this.#relation), sums: parts };
  }

  /** A column as it is, or a category computed from some. */
  ofColumn(expr: Expr): Shape {
    const column = expr.k === "col" ? columnOf(this.#relation, expr) : undefined;
    if (column === undefined || column.free) {
      return { role: roleOf(expr, this.#relation), type: "text", base: keyOf(expr, this.#relation), sums: "never" };
    }
    const { role, type, base, sums } = column;
    return { role, type, base, sums };
  }
}

function ownerIds(relation: Relation, columns: readonly Column[], exprs: readonly Expr[]): readonly ReadonlySet<string>[] {
  return relation.owners.map(
    (ids) =>
      new Set(
        columns.flatMap((column, at) => {
          const expr = exprs[at];
          return expr?.k === "col" && ids.has(columnOf(relation, expr).id) ? [column.id] : [];
        }),
      ),
  );
}

/** Totals of each owner: one row per group, whose owners are the group's. */
export function derivedRows(select: Select, relation: Relation, as: string, run: Run): Relation {
  const book = new OwnedColumns(relation, as);
  const groups = select.groupBy ?? [];
  const exprs = select.items.map((item) => item.expr);
  const shapeOf = (expr: Expr): Shape => {
    if (expr.k === "agg") return book.ofAggregate(expr);
    if (expr.k === "col" && columnOf(relation, expr).role === "key") return book.ofColumn(expr);
    const role = roleOf(expr, relation);
    return { role, type: "text", base: keyOf(expr, relation), sums: "never" };
  };
  const visible = select.items.map((item) => book.column(item.as, item.expr, shapeOf(item.expr)));
  // HAVING asks totals that need not be shown.
  const asked: Column[] = [];
  const having =
    select.having === undefined
      ? undefined
      : lifted(select.having, as, asked, (expr) => ({
          ...book.column(`#h${asked.length}`, expr, shapeOf(expr)),
        }));
  const havingExprs: Agg[] = [];
  if (select.having !== undefined) {
    someExpr(select.having, (node) => {
      if (node.k === "agg") havingExprs.push(node);
      return false;
    });
  }
  const columns = [...visible, ...asked, ...book.hidden.columns];
  const all = [...exprs, ...havingExprs, ...book.hidden.columns.map((column) => book.hidden.exprs.get(column.id) ?? lit(null))];
  const groupKeys = new Map(groups.map((expr, at) => [keyOf(expr, relation), at] as const));
  const rows = groupsOf(relation, groups, run).map((group): Row => {
    const replaced = (expr: Expr): Expr => {
      const at = groupKeys.get(keyOf(expr, relation));
      if (at !== undefined) return lit(group.keys[at] ?? null);
      return expr.k === "agg" ? lit(plainFigure(expr, relation, group.rows, run)) : mapChildren(expr, replaced);
    };
    const none = (): never => {
      throw new TypeError("a column outside GROUP BY");
    };
    const values = new Map(columns.map((column, at) => [column.id, evaluate(replaced(all[at] ?? lit(null)), none)]));
    return { values, owners: group.rows[0]?.owners ?? [] };
  });
  const derived: Relation = {
    columns,
    rows,
    owners: ownerIds(relation, visible, exprs),
    outer: new Set(),
    given: new Set(),
    told: relation.told,
  };
  return having === undefined ? derived : filtered(derived, [having], run);
}

/** Aggregates (or windows) of a condition as columns of the rows that they make. */
function lifted(expr: Expr, as: string, made: Column[], column: (expr: Expr) => Column): Expr {
  if (expr.k !== "agg" && expr.k !== "win") return mapChildren(expr, (child) => lifted(child, as, made, column));
  const one = column(expr);
  made.push(one);
  const ref: Col = { k: "col", of: as, name: one.name };
  return ref;
}

const placed: ReadonlySet<string> = new Set(["row_number", "lag", "lead", "first_value"]);

function compareNullsLast(a: Value, b: Value, desc: boolean): number {
  if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0);
  return desc ? order(b, a) : order(a, b);
}

/** The value of a window in each row, by the row's place; ties fall to every stored column, so that none is left to chance. */
function windowValues(expr: Win, relation: Relation, run: Run): readonly Value[] {
  const envs = relation.rows.map((row) => envOf(relation, row, run));
  const of = (one: Expr, at: number): Value => {
    const env = envs[at];
    return env === undefined ? null : evaluate(one, env);
  };
  const ties = relation.columns.filter((column) => column.role !== "key" && !column.free);
  const result: Value[] = relation.rows.map(() => null);
  const partitions = Map.groupBy(relation.rows.keys(), (at) => JSON.stringify(expr.partition.map((part) => of(part, at))));
  for (const places of partitions.values()) {
    const written = (a: number, b: number): number =>
      expr.order.map((item) => compareNullsLast(of(item.expr, a), of(item.expr, b), item.desc)).find((sign) => sign !== 0) ?? 0;
    const tie = (a: number, b: number): number =>
      ties
        .map(({ id }) =>
          compareNullsLast(relation.rows[a]?.values.get(id) ?? null, relation.rows[b]?.values.get(id) ?? null, false),
        )
        .find((sign) => sign !== 0) ?? 0;
    const sorted = places.toSorted((a, b) => written(a, b) || (placed.has(expr.fn) ? tie(a, b) : 0));
    const value = (at: number | undefined): Value => (at === undefined ? null : of(expr.args[0] ?? lit(null), at));
    sorted.forEach((place, i) => {
      switch (expr.fn) {
        case "row_number":
          result[place] = i + 1;
          return;
        case "rank":
          result[place] = sorted.filter((other) => written(other, place) < 0).length + 1;
          return;
        case "lag":
          result[place] = value(sorted[i - 1]);
          return;
        case "lead":
          result[place] = value(sorted[i + 1]);
          return;
        case "first_value":
          result[place] = value(sorted[0]);
          return;
        default: {
          // With an order the frame ends with the row's peers.
          const frame = expr.order.length === 0 ? sorted : sorted.filter((other) => written(other, place) <= 0);
          const rows = frame.map((other) => expr.args.map((arg) => of(arg, other)));
          result[place] = aggregate(expr.fn, false, rows);
        }
      }
    });
  }
  return result;
}

function shapeOfWindow(expr: Win, relation: Relation): Shape {
  if (["row_number", "rank", "count"].includes(expr.fn)) return { ...count, sums: "never" };
  const [arg] = expr.args;
  const column = arg?.k === "col" ? columnOf(relation, arg) : undefined;
  const isOfMeasure = column !== undefined && isMeasure(column);
  return { role: isOfMeasure ? "measure" : "attribute", type: "double", base: keyOf(expr, relation), sums: "never" };
}

/** Rows with the values of windows within one owner beside them. */
export function windowedRows(select: Select, relation: Relation, as: string, run: Run): Relation {
  const book = new OwnedColumns(relation, as);
  const shape = (expr: Expr): Shape => (expr.k === "win" ? shapeOfWindow(expr, relation) : book.ofColumn(expr));
  const exprs = select.items.map((item) => item.expr);
  const visible = select.items.map((item) => book.column(item.as, item.expr, shape(item.expr)));
  const asked: Column[] = [];
  const qualify =
    select.qualify === undefined
      ? undefined
      : lifted(select.qualify, as, asked, (expr) => book.column(`#q${asked.length}`, expr, shape(expr)));
  const askedExprs: Win[] = [];
  if (select.qualify !== undefined) {
    someExpr(select.qualify, (node) => {
      if (node.k === "win") askedExprs.push(node);
      return false;
    });
  }
  const parts = relation.columns.filter((column) => column.name.startsWith("#"));
  const all = [...exprs, ...askedExprs];
  const columns = [...visible, ...asked];
  const values = all.map((expr) => (expr.k === "win" ? windowValues(expr, relation, run) : undefined));
  const rows = relation.rows.map((row, place): Row => {
    const env = envOf(relation, row, run);
    const own = columns.map((column, at) => {
      const expr = all[at] ?? lit(null);
      return [column.id, values[at] === undefined ? evaluate(expr, env) : (values[at][place] ?? null)] as const;
    });
    return {
      values: new Map([...own, ...parts.map((part) => [part.id, row.values.get(part.id) ?? null] as const)]),
      owners: row.owners,
    };
  });
  const windowed: Relation = {
    columns: [...columns, ...parts],
    rows,
    owners: ownerIds(relation, visible, exprs),
    outer: new Set(),
    given: new Set(),
    told: relation.told,
  };
  return qualify === undefined ? windowed : filtered(windowed, [qualify], run);
}
