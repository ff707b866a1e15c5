import { numbersFrom } from "./random-statement.ts";

/** A table of visits seen owner by owner: what stands beside each person, and what may be asked of it. */
interface Owned {
  readonly sql: string;
  readonly counts: readonly string[];
  readonly measures: readonly string[];
  readonly conditions: readonly string[];
  readonly groups: readonly string[];
}

type Pick = <T>(list: readonly [T, ...T[]]) => T;

const visits: readonly [string, ...string[]] = [
  "icd10 = 'B20'",
  "icd10 <> 'B20'",
  "hospital IN ('H1', 'H2')",
  "cost >= 1000",
  "cost < 500",
  "visit_date >= DATE '2024-06-01'",
];
const people: readonly [string, ...string[]] = [
  "p.gender = 'M'",
  "p.district IN ('A', 'B', 'VillageX')",
  "p.district <> 'VillageX'",
  "p.income >= 50000",
  "p.birth_date < DATE '1952-01-01'",
];

/** Totals per person: `n` rows, `s` a sum, `f` a sum under a condition, `c` a count of some. */
function totals(pick: Pick, chance: (share: number) => boolean): Owned {
  const some = `sum(cost) FILTER (WHERE ${pick(visits)})`;
  const shaped = `sum(CASE WHEN ${pick(visits)} THEN cost ELSE ${pick(["0", "100", "NULL"])} END)`;
  const counted = pick([
    `count(*) FILTER (WHERE ${pick(visits)})`,
    `sum(CASE WHEN ${pick(visits)} THEN 1 ELSE 0 END)`,
    `count(CASE WHEN ${pick(visits)} THEN 1 END)`,
  ]);
  const where = chance(0.3) ? ` WHERE ${pick(visits)}` : "";
  const having = chance(0.25) ? ` HAVING ${pick(["count(*) >= 2", "sum(cost) >= 1000", "max(cost) < 5000"])}` : "";
  const sql = `SELECT id_card, count(*) AS n, sum(cost) AS s, ${pick([some, shaped])} AS f, ${counted} AS c, max(cost) AS m FROM visit${where} GROUP BY id_card${having}`;
  return {
    sql,
    counts: ["n", "c"],
    measures: ["s", "f"],
    conditions: ["n >= 2", "n = 1", "c > 0", "s >= 1000", "m < 2000", "f IS NOT NULL"],
    groups: ["n", "CASE WHEN n > 2 THEN 'many' ELSE 'few' END", "c > 0", "floor(s / 1000) * 1000"],
  };
}

/** The same twice: totals of totals. */
function nested(pick: Pick, chance: (share: number) => boolean): Owned {
  const inner = `SELECT id_card, hospital, count(*) AS n, sum(cost) AS s FROM visit${chance(0.3) ? ` WHERE ${pick(visits)}` : ""} GROUP BY id_card, hospital`;
  const some = pick(["n >= 2", "hospital = 'H1'", "s >= 500"]);
  return {
    sql: `SELECT id_card, sum(n) AS n, sum(s) AS s, sum(s) FILTER (WHERE ${some}) AS f, count(*) AS c FROM (${inner}) GROUP BY id_card`,
    counts: ["n", "c"],
    measures: ["s", "f"],
    conditions: ["c >= 2", "c = 1", "s >= 1000"],
    groups: ["c", "CASE WHEN c > 1 THEN 'several' ELSE 'one' END"],
  };
}

/** Windows within one person; every order is total, so that both engines see the same neighbour. */
function windows(pick: Pick, chance: (share: number) => boolean): Owned {
  const over = "OVER (PARTITION BY id_card ORDER BY visit_date, cost, icd10, hospital)";
  const where = chance(0.3) ? ` WHERE ${pick(visits)}` : "";
  const sql = `SELECT id_card, cost AS s, cost AS f, row_number() ${over} AS k, lag(cost) ${over} AS b, count(*) OVER (PARTITION BY id_card) AS a FROM visit${where}`;
  return {
    sql: chance(0.5) ? `SELECT * FROM (${sql}) WHERE ${pick(["k = 1", "k <= 2", "b IS NOT NULL", "a >= 3"])}` : sql,
    counts: [],
    measures: ["s", "f"],
    conditions: ["k = 1", "a >= 2", "b < s", "b >= 500", "b IS NULL"],
    groups: ["k", "a", "CASE WHEN k > 1 THEN 'later' ELSE 'first' END"],
  };
}

/** Gives one statement after the other over per-owner rows, outer joins and tied subqueries; the same seed gives the same ones. */
export function randomOwnedStatements(seed: number): () => string {
  const next = numbersFrom(seed);
  const pick: Pick = (list) => list[Math.floor(next() * list.length)] ?? list[0];
  const chance = (share: number): boolean => next() < share;
  const some = (list: readonly string[], otherwise: string): string => pick([otherwise, ...list]);

  const figure = ({ counts, measures, conditions }: Owned): string => {
    const filter = chance(0.35) ? ` FILTER (WHERE ${some(conditions, "s IS NOT NULL")})` : "";
    const measure = some(measures, "s");
    return pick([
      `count(*)${filter}`,
      `count(${measure})${filter}`,
      `count(DISTINCT t.id_card)${filter}`,
      `sum(${measure})${filter}`,
      `avg(${measure})${filter}`,
      `sum(coalesce(${measure}, 0))${filter}`,
      `sum(${some(counts, measure)})${filter}`,
      `sum(CASE WHEN ${some(conditions, "s IS NULL")} THEN ${measure} ELSE ${pick(["0", "1000", "NULL"])} END)`,
    ]);
  };

  return () => {
    const make = pick([totals, nested, windows, totals]);
    const owned = make(pick, chance);
    const joined = next();
    const figures = Array.from({ length: 1 + Math.floor(next() * 3) }, () => figure(owned));
    const extra: string[] = [];
    let from = `(${owned.sql}) t`;
    const groups = [...owned.groups];
    const where: string[] = chance(0.3) ? [some(owned.conditions, "s IS NOT NULL")] : [];
    if (joined < 0.4) {
      const on = chance(0.3) ? ` AND ${pick(people)}` : "";
      const kind = pick(["LEFT JOIN", "JOIN", "LEFT JOIN"]);
      from = `person p ${kind} ${from} ON t.id_card = p.id_card${on}`;
      groups.push("p.district", "p.gender");
      extra.push("count(*)", "sum(p.income)", "count(DISTINCT p.id_card)");
      if (chance(0.3)) where.push(pick(people));
    } else if (joined < 0.5) {
      from = `(${owned.sql}) t RIGHT JOIN person p ON t.id_card = p.id_card`;
      groups.push("p.gender");
      extra.push("count(*)", "avg(p.income)");
    } else if (joined < 0.65) {
      where.push(`t.id_card ${pick(["IN", "NOT IN"])} (SELECT id_card FROM visit WHERE ${pick(visits)})`);
    }
    if (extra.length > 0) figures.push(some(extra, "count(*)"));
    const keys = chance(0.45) ? [some(groups, "1 = 1")].filter((key) => key !== "1 = 1") : [];
    const items = [...keys.map((key) => `${key} AS g0`), ...figures.map((one, at) => `${one} AS a${at}`)];
    const condition = where.length === 0 ? "" : ` WHERE ${where.join(" AND ")}`;
    return `SELECT ${items.join(", ")} FROM ${from}${condition}${keys.length === 0 ? "" : " GROUP BY g0"}`;
  };
}
