import type { Value } from "./ast.ts";
import type { Choices } from "./choices.ts";
import type { ColumnType, Role } from "./relation.ts";
import type { Rules, Table, TableColumn, World } from "./world.ts";

export interface Case extends World {
  readonly rules: Rules;
}

const key = (name: string, kind: "person" | "firm"): TableColumn => ({ name, type: "key", role: "key", grid: undefined, kind });
const plain = (name: string, type: ColumnType, role: Role, grid?: number): TableColumn => ({
  name,
  type,
  role,
  grid,
  kind: undefined,
});

const category = (c: Choices): Role => (c.chance(50) ? "attribute" : "quasi");
const measureType = (c: Choices): ColumnType => c.pick(["integer", "double", "decimal"] as const);

const words = {
  district: ["A", "A", "A", "B", "B", "C", "D"],
  sex: ["F", "M", "F", "M", null],
  status: ["ok", "ok", "ok", "ill", "rare", null],
  clinic: ["H1", "H1", "H2", "H3", null],
  icd: ["I10", "I10", "J45", "J45", "B20"],
  sector: ["steel", "steel", "trade", "farm", null],
  town: ["A", "A", "B", "B", "C"],
  post: ["clerk", "clerk", "smith", "boss", null],
} as const satisfies Readonly<Record<string, readonly (string | null)[]>>;

/** What a column may hold: the generator of statements asks for these. */
export const wordsOf = (name: string): readonly string[] => {
  const list: readonly (string | null)[] = Object.entries(words).find(([known]) => known === name)?.[1] ?? [];
  return [...new Set(list.filter((word) => word !== null))];
};

function date(c: Choices): Value {
  if (c.chance(6)) return null;
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${c.pick([1960, 1960, 1980, 1980, 1991])}-${two(1 + c.below(12))}-${two(1 + c.below(28))}`;
}

/** Mostly alike, some great, some missing, some below nothing. Quarters, so that every sum of them is exact. */
function measure(c: Choices, type: ColumnType): Value {
  const whole = c.below(90);
  if (c.chance(8)) return null;
  const great = c.chance(2) ? whole * 40 : whole;
  const signed = c.chance(3) ? -great : great;
  return type === "integer" ? signed : signed + c.pick([0, 0.25, 0.5]);
}

function cell(c: Choices, column: TableColumn): Value {
  if (column.type === "date") return date(c);
  if (column.role === "measure") return measure(c, column.type);
  return c.pick<string | null>(Object.entries(words).find(([name]) => name === column.name)?.[1] ?? [null]);
}

function rowsFor(
  c: Choices,
  columns: readonly TableColumn[],
  keys: readonly (readonly (number | null)[])[],
): readonly (readonly Value[])[] {
  return keys.map((own) => {
    let at = 0;
    return columns.map((column) => {
      if (column.kind === undefined) return cell(c, column);
      at += 1;
      return own[at - 1] ?? null;
    });
  });
}

/** Somebody of so many, at times nobody. */
const someone = (c: Choices, of: number, nobody: number): number | null => (c.chance(nobody) ? null : 1 + c.below(of));

function someRows(c: Choices, most: number, keys: () => readonly (number | null)[]): readonly (readonly (number | null)[])[] {
  return Array.from({ length: Math.max(0, most - (c.below(256) % (most + 8))) }, keys);
}

/** People with visits, firms with jobs (of which each has two owners), and public regions. */
export function createCase(c: Choices): Case {
  const rules: Rules = {
    minOwners: c.pick([3, 3, 3, 4]),
    dominanceShare: c.pick([0.9, 0.9, 0.9, 0.8]),
    pPercent: c.pick([10, 10, 10, 20]),
  };
  const [people, firms] = [c.pick([30, 24, 36, 40, 12, 20, 44, 28]), c.pick([12, 9, 15, 6, 3, 14])];
  const person = [
    key("pid", "person"),
    plain("district", "text", "quasi"),
    plain("sex", "text", "quasi"),
    plain("status", "text", category(c)),
    plain("born", "date", "quasi"),
    plain("income", measureType(c), "measure", c.pick([10, 5, 20])),
  ];
  const visit = [
    key("pid", "person"),
    plain("clinic", "text", "quasi"),
    plain("icd", "text", category(c)),
    plain("day", "date", "quasi"),
    plain("cost", measureType(c), "measure", c.pick([10, 5, 20])),
  ];
  const firm = [
    key("fid", "firm"),
    plain("sector", "text", category(c)),
    plain("town", "text", "quasi"),
    plain("tax", measureType(c), "measure", 10),
  ];
  const job = [
    key("pid", "person"),
    key("fid", "firm"),
    plain("post", "text", category(c)),
    plain("wage", measureType(c), "measure", 10),
  ];
  const region = [plain("district", "text", "quasi"), plain("zone", "text", "quasi"), plain("north", "boolean", "attribute")];
  const each = (of: number): readonly (readonly (number | null)[])[] => Array.from({ length: of }, (_unused, at) => [at + 1]);
  const nobody = c.pick([0, 3, 10]);
  const protectedTable = (name: string, columns: readonly TableColumn[], unique: boolean, rows: Table["rows"]): Table => ({
    name,
    grade: "protected",
    unique,
    columns,
    rows,
  });
  return {
    rules,
    tables: [
      protectedTable("person", person, true, rowsFor(c, person, [...each(people), ...(c.chance(25) ? [[null], [null]] : [])])),
      protectedTable(
        "visit",
        visit,
        false,
        rowsFor(
          c,
          visit,
          someRows(c, 110, () => [someone(c, people, nobody)]),
        ),
      ),
      protectedTable("firm", firm, true, rowsFor(c, firm, each(firms))),
      protectedTable(
        "job",
        job,
        false,
        rowsFor(
          c,
          job,
          someRows(c, 70, () => [someone(c, people, nobody), someone(c, firms, nobody)]),
        ),
      ),
      {
        name: "region",
        grade: "public",
        unique: false,
        columns: region,
        rows: [
          ["A", "z1", true],
          ["B", "z1", false],
          ["C", "z2", true],
          ["D", "z2", null],
        ].slice(0, 4 - c.below(2)),
      },
    ],
  };
}

/** The same world without rules: a plain engine. */
export const withoutRules = (world: World): World => ({ ...world, rules: undefined });
