import fc, { type GeneratorValue } from "fast-check";
import type { AgreementSchema } from "../../../src/policy/query/index.ts";

/** Random SELECTs over two public tables: mostly valid, of the whole language, and without what hangs on the order of ties. */

type Kind = "number" | "text" | "truth" | "date" | "list";
interface Column {
  readonly sql: string;
  readonly name: string;
  readonly kind: Kind;
}

const tables: Readonly<Record<string, readonly (readonly [string, string, Kind])[]>> = {
  r: [
    ["id", "INTEGER", "number"],
    ["k", "VARCHAR", "text"],
    ["b", "BOOLEAN", "truth"],
    ["x", "INTEGER", "number"],
    ["v", "DECIMAL(9,2)", "number"],
    ["d", "DATE", "date"],
  ],
  s: [
    ["id", "INTEGER", "number"],
    ["k", "VARCHAR", "text"],
    ["y", "INTEGER", "number"],
    ["w", "DOUBLE", "number"],
    ["l", "INTEGER[]", "list"],
  ],
};

export const randomSchema: AgreementSchema = {
  tables: Object.entries(tables).map(([name, columns]) => ({
    name,
    grade: "public",
    subjects: [],
    columns: columns.map(([column, type]) => ({ name: column, type, role: "attribute" })),
  })),
};

export const randomRows = `
  INSERT INTO r SELECT i, CASE WHEN i % 5 = 0 THEN NULL ELSE 'k' || (i % 3) END, CASE WHEN i % 4 > 0 THEN i % 2 = 0 END,
    CASE WHEN i % 7 > 0 THEN i % 6 - 2 END, i * 1.25, DATE '2024-02-27' + (i % 5)::INTEGER FROM range(12) t(i);
  INSERT INTO s SELECT i, 'k' || (i % 4), i % 3, CASE WHEN i % 3 > 0 THEN i / 4e0 END, CASE WHEN i <> 2 THEN range(i % 4) END
    FROM range(9) t(i);`;

export class PublicStatement {
  private readonly g: GeneratorValue;
  private count = 0;

  constructor(g: GeneratorValue) {
    this.g = g;
  }

  private pick<T>(...options: readonly [T, ...T[]]): T {
    return this.g(fc.constantFrom<T[]>, ...options);
  }

  private times(least: number, most: number): number {
    return this.g(fc.integer, { min: least, max: most });
  }

  private chance(inTen: number): boolean {
    return this.times(1, 10) <= inTen;
  }

  private alias(prefix: string): string {
    this.count += 1;
    return `${prefix}${this.count}`;
  }

  private column(scope: readonly Column[], kind: Kind): string | undefined {
    const fitting = scope.filter((column) => column.kind === kind);
    const [first, ...rest] = fitting;
    return first === undefined ? undefined : this.pick(first, ...rest).sql;
  }

  private literal(kind: Kind): string {
    switch (kind) {
      case "number":
        return this.pick("0", "1", "2", "-3", "1.5", "NULL", "2e0");
      case "text":
        return this.pick("'k1'", "'k2'", "''", "'地'", "NULL");
      case "truth":
        return this.pick("TRUE", "FALSE", "NULL");
      case "date":
        return this.pick("DATE '2024-02-28'", "DATE '2024-03-01'");
      case "list":
        return this.pick("[1, 2, 3]", "CAST([] AS INTEGER[])", "[NULL, 4]");
    }
  }

  expr(scope: readonly Column[], kind: Kind, depth: number): string {
    const own = this.column(scope, kind);
    if (depth <= 0 || this.chance(3)) return own !== undefined && this.chance(8) ? own : this.literal(kind);
    const of = (other: Kind): string => this.expr(scope, other, depth - 1);
    switch (kind) {
      case "number":
        return this.pick(
          () => `(${of("number")} ${this.pick("+", "-", "*")} ${of("number")})`,
          () => `coalesce(${of("number")}, ${of("number")})`,
          () => `CASE WHEN ${of("truth")} THEN ${of("number")} ELSE ${of("number")} END`,
          () => `length(${of("text")})`,
          () => `(${of("number")} // ${this.pick("2", "3", "0")})`,
          () => `abs(${of("number")})`,
          () => `greatest(${of("number")}, ${of("number")})`,
          () => `date_diff('day', ${of("date")}, ${of("date")})`,
          () => `extract(${this.pick("year", "month", "dow")} FROM ${of("date")})`,
          () => `list_sum(${of("list")})`,
          () => `(${of("list")})[${this.pick("1", "-1", "2")}]`,
          () => `nullif(${of("number")}, ${of("number")})`,
          () => `(SELECT ${this.pick("max", "min", "count", "sum")}(y) FROM s AS q WHERE q.y < ${of("number")})`,
          () => `TRY_CAST(${of("text")} AS INTEGER)`,
        )();
      case "text":
        return this.pick(
          () => `(${of("text")} || ${of("text")})`,
          () => `upper(${of("text")})`,
          () => `(${of("text")})[${this.pick("1:1", "2:", ":1", "-1:")}]`,
          () => `CAST(${of("number")} AS VARCHAR)`,
          () => `CASE ${of("number")} WHEN 1 THEN ${of("text")} END`,
          () => `regexp_replace(${of("text")}, '[0-9]', '#')`,
          () => `strftime(${of("date")}, '%m-%d')`,
          () => `array_to_string(${of("list")}, ',')`,
        )();
      case "truth":
        return this.pick(
          () => `(${of("number")} ${this.pick("=", "<>", "<", ">=", "IS DISTINCT FROM")} ${of("number")})`,
          () => `(${of("text")} ${this.pick("LIKE", "NOT LIKE", "ILIKE")} ${this.pick("'k%'", "'%1'", "'_1'")})`,
          () => `(${of("truth")} ${this.pick("AND", "OR")} ${of("truth")})`,
          () => `(NOT ${of("truth")})`,
          () => `(${of(this.pick("number", "text", "date"))} IS ${this.pick("", "NOT ")}NULL)`,
          () => `(${of("number")} BETWEEN ${of("number")} AND ${of("number")})`,
          () => `(${of("text")} ${this.pick("", "NOT ")}IN (${of("text")}, ${of("text")}))`,
          () => `(${of("number")} ${this.pick("", "NOT ")}IN (SELECT y FROM s AS q WHERE ${of("truth")}))`,
          () => `EXISTS (SELECT 1 FROM s AS q WHERE q.k = ${of("text")})`,
          () => `(${of("number")} > ${this.pick("ANY", "ALL")} (SELECT y FROM s AS q))`,
          () => `list_contains(${of("list")}, ${this.pick("1", "2")})`,
        )();
      case "date":
        return this.pick(
          () => `(${of("date")} + ${this.pick("1", "30")})`,
          () => `CAST(date_trunc('${this.pick("month", "year")}', ${of("date")}) AS DATE)`,
          () => `CAST(${of("date")} + INTERVAL ${this.pick("1 MONTH", "2 DAY")} AS DATE)`,
          () => `last_day(${of("date")})`,
        )();
      case "list":
        return this.pick(
          () => `[n + 1 FOR n IN ${of("list")} IF n > 0]`,
          () => `list_transform(${of("list")}, lambda n: n * 2)`,
          () => `(${of("list")})[${this.pick("2:", ":1", "-2:", "1:2")}]`,
          () => `list_sort(${of("list")})`,
        )();
    }
  }

  private aggregate(scope: readonly Column[]): string {
    const of = (kind: Kind): string => this.expr(scope, kind, 1);
    const filter = this.chance(2) ? ` FILTER (WHERE ${of("truth")})` : "";
    return `${this.pick(
      () => "count(*)",
      () => `count(${this.pick("", "DISTINCT ")}${of("text")})`,
      () => `${this.pick("sum", "avg", "min", "max", "stddev_pop", "median")}(${of("number")})`,
      () => `string_agg(${of("text")}, '|' ORDER BY ${of("text")})`,
      () => `bool_or(${of("truth")})`,
    )()}${filter}`;
  }

  private window(scope: readonly Column[]): string {
    const partition = this.chance(5) ? `PARTITION BY ${this.expr(scope, this.pick("text", "truth"), 0)} ` : "";
    const order = `ORDER BY ${this.expr(scope, "number", 0)} ${this.pick("", "DESC", "NULLS FIRST")}`;
    const frame = this.pick(
      "",
      "",
      " RANGE BETWEEN 1 PRECEDING AND CURRENT ROW",
      " GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE GROUP",
    );
    const rank = `${this.pick("rank", "dense_rank", "percent_rank", "cume_dist")}() OVER (${partition}${order})`;
    return this.chance(4)
      ? rank
      : `${this.pick("sum", "count", "max")}(${this.expr(scope, "number", 1)}) OVER (${partition}${order}${frame})`;
  }

  private table(): { readonly sql: string; readonly columns: readonly Column[] } {
    const name = this.pick("r", "s");
    const alias = this.alias("t");
    const columns = (tables[name] ?? []).map(([column, , kind]) => ({ sql: `${alias}.${column}`, name: column, kind }));
    return { sql: `${name} AS ${alias}`, columns };
  }

  private relation(depth: number): { readonly sql: string; readonly columns: readonly Column[] } {
    if (depth <= 0 || this.chance(5)) return this.table();
    return this.pick(
      () => {
        const query = this.select(depth - 1);
        const alias = this.alias("d");
        return {
          sql: `(${query.sql}) AS ${alias}`,
          columns: query.columns.map((column) => ({ ...column, sql: `${alias}.${column.name}` })),
        };
      },
      () => {
        const [a, b] = [this.table(), this.table()];
        const columns = [...a.columns, ...b.columns];
        const on = this.chance(6) ? `${a.columns[1]?.sql} = ${b.columns[1]?.sql}` : this.expr(columns, "truth", 1);
        return { sql: `${a.sql} ${this.pick("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN")} ${b.sql} ON ${on}`, columns };
      },
      () => {
        const [a, b] = [this.table(), this.table()];
        const kind = this.pick("SEMI", "ANTI");
        return { sql: `${a.sql} ${kind} JOIN ${b.sql} ON ${a.columns[0]?.sql} = ${b.columns[0]?.sql}`, columns: a.columns };
      },
      () => {
        const a = this.table();
        const alias = this.alias("u");
        const rows = `(SELECT unnest(${this.expr(a.columns, "list", 1)}) AS n)`;
        return {
          sql: `${a.sql}, LATERAL ${rows} AS ${alias}`,
          columns: [...a.columns, { sql: `${alias}.n`, name: "n", kind: "number" }],
        };
      },
      () => {
        const alias = this.alias("p");
        const sql = `(PIVOT (SELECT k, x, b FROM r) ON k IN ('k1', 'k2') USING ${this.pick("sum(x)", "count(*)", "max(x)")}) AS ${alias}`;
        return { sql, columns: ["k1", "k2"].map((name) => ({ sql: `${alias}.${name}`, name, kind: "number" })) };
      },
      () => {
        const alias = this.alias("v");
        const nulls = this.pick("", "INCLUDE NULLS ");
        return {
          sql: `(FROM (SELECT id, x, v FROM r) UNPIVOT ${nulls}(val FOR nam IN (x, v))) AS ${alias}`,
          columns: [
            { sql: `${alias}.nam`, name: "nam", kind: "text" },
            { sql: `${alias}.val`, name: "val", kind: "number" },
          ],
        };
      },
    )();
  }

  select(depth: number): { readonly sql: string; readonly columns: readonly Column[] } {
    const from = this.relation(depth);
    const where = this.chance(5) ? ` WHERE ${this.expr(from.columns, "truth", 2)}` : "";
    const kinds = Array.from({ length: this.times(1, 3) }, () => this.pick<Kind>("number", "text", "truth", "date", "number"));
    const named = kinds.map((kind) => ({ kind, name: this.alias("c") }));
    const columns = named.map(({ kind, name }) => ({ kind, name, sql: name }));
    const items = named.map(({ kind, name }) => `${this.expr(from.columns, kind, 2)} AS ${name}`);
    if (this.chance(4)) {
      const more = this.alias("c");
      const by = this.pick(
        "GROUP BY ALL",
        `GROUP BY ${columns.map(({ name }) => name).join(", ")}`,
        "GROUP BY ALL HAVING count(*) > 1",
      );
      return {
        sql: `SELECT ${[...items, `${this.aggregate(from.columns)} AS ${more}`].join(", ")} FROM ${from.sql}${where} ${by}`,
        columns,
      };
    }
    const window = this.chance(3) ? [`${this.window(from.columns)} AS ${this.alias("c")}`] : [];
    const distinct = this.pick("", "", "DISTINCT ");
    return { sql: `SELECT ${distinct}${[...items, ...window].join(", ")} FROM ${from.sql}${where}`, columns };
  }

  /** The outermost statement. */
  text(): string {
    const shape = this.times(1, 12);
    const { sql, columns } = this.select(2);
    const [first] = columns;
    if (shape === 1) return `SELECT * EXCLUDE (${first?.name}) RENAME (id AS ident) FROM (SELECT *, 1 AS ${first?.name} FROM r)`;
    if (shape === 2)
      return `SELECT ${this.pick("max", "count", "any_value")}(COLUMNS(${this.pick("*", "'^[kx]'", "c -> c < 'k'")})) FROM s`;
    if (shape === 3) return `${sql} ${this.pick("UNION", "UNION ALL", "EXCEPT", "INTERSECT ALL")} ${sql}`;
    if (shape === 4) return `WITH w AS (${sql}) SELECT a.${first?.name}, count(*) FROM w AS a, w AS b GROUP BY ALL ORDER BY ALL`;
    if (shape === 5)
      return `SELECT ${this.aggregate(this.tableOf("r"))}, k, b FROM r GROUP BY ${this.pick("ROLLUP", "CUBE")} (k, b)`;
    if (shape === 6)
      return `${sql} ORDER BY ALL ${this.pick("", "DESC", "NULLS FIRST")} LIMIT ${this.pick("3", "40%", "2 OFFSET 1")}`;
    if (shape === 7) return `SELECT * FROM (${sql}) ORDER BY ${first?.name}`;
    return sql;
  }

  private tableOf(name: string): readonly Column[] {
    return (tables[name] ?? []).map(([column, , kind]) => ({ sql: column, name: column, kind }));
  }
}
