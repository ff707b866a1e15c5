/** A source of statements that an analyst, or somebody who probes, could have written over the corpus's tables. */
interface Subjects {
  readonly from: string;
  readonly key: string;
  readonly groups: readonly string[];
  readonly conditions: readonly string[];
  readonly measures: readonly string[];
}

const subjects: readonly Subjects[] = [
  {
    from: "person",
    key: "id_card",
    groups: [
      "district",
      "gender",
      "year(birth_date)",
      "floor(income / 10000) * 10000",
      "CASE WHEN birth_date < DATE '1960-01-01' THEN 'old' WHEN birth_date < DATE '1990-01-01' THEN 'mid' ELSE 'young' END",
      "left(district, 1)",
    ],
    conditions: [
      "gender = 'M'",
      "district IN ('A', 'B', 'VillageX')",
      "district <> 'C'",
      "income >= 50000",
      "income BETWEEN 20000 AND 200000",
      "income > 1000000",
      "income IS NOT NULL",
      "birth_date < DATE '1952-01-01'",
      "year(birth_date) = 1950",
      "year(birth_date) % 2 = 0",
      "NOT (gender = 'F' AND district = 'HamletY')",
    ],
    measures: ["income"],
  },
  {
    from: "visit",
    key: "id_card",
    groups: ["hospital", "icd10", "left(icd10, 1)", "date_trunc('month', visit_date)", "floor(cost / 500) * 500"],
    conditions: [
      "icd10 = 'B20'",
      "icd10 <> 'B20'",
      "hospital IN ('H1', 'H2')",
      "cost >= 1000",
      "cost < 500",
      "cost > 10000",
      "visit_date >= DATE '2024-06-01'",
    ],
    measures: ["cost"],
  },
  {
    from: "enterprise",
    key: "uscc",
    groups: ["industry", "district", "floor(employees / 100) * 100"],
    conditions: ["industry <> 'steel'", "tax >= 100000", "tax < 10000", "employees < 50", "district IN ('A', 'B')"],
    measures: ["tax", "employees"],
  },
  {
    from: "person p JOIN visit v USING (id_card)",
    key: "p.id_card",
    groups: ["p.district", "p.gender", "v.hospital", "v.icd10", "year(v.visit_date)"],
    conditions: ["p.gender = 'M'", "v.icd10 = 'B20'", "v.cost >= 1000", "p.income < 50000", "p.district <> 'VillageX'"],
    measures: ["v.cost", "p.income"],
  },
];

/** Numbers from 0 up to 1 that are the same for the same seed (a linear congruential generator: nothing here is secret). */
export function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/** Gives one statement after the other; the same seed gives the same ones. */
export function randomStatements(seed: number): () => string {
  const next = numbersFrom(seed);
  const pick = <T>(list: readonly [T, ...T[]] | readonly T[]): T => {
    const [first] = list;
    if (first === undefined) throw new TypeError("nothing to pick from");
    return list[Math.floor(next() * list.length)] ?? first;
  };
  const chance = (share: number): boolean => next() < share;

  const condition = (of: Subjects, depth: number): string => {
    const kind = next();
    if (depth === 0 || kind < 0.55) return pick(of.conditions);
    if (kind < 0.75) return `(${condition(of, depth - 1)} AND ${condition(of, depth - 1)})`;
    if (kind < 0.92) return `(${condition(of, depth - 1)} OR ${condition(of, depth - 1)})`;
    return `NOT (${condition(of, depth - 1)})`;
  };

  const figure = (of: Subjects): string => {
    const measure = pick(of.measures);
    const filter = chance(0.3) ? ` FILTER (WHERE ${condition(of, 1)})` : "";
    const when = condition(of, 1);
    return pick([
      `count(*)${filter}`,
      `count(${measure})${filter}`,
      `count(DISTINCT ${of.key})${filter}`,
      `sum(${measure})${filter}`,
      `avg(${measure})${filter}`,
      `sum(CASE WHEN ${when} THEN ${measure} ELSE ${pick(["0", "1000", "NULL"])} END)`,
      `avg(CASE WHEN ${when} THEN 1.0 ELSE 0 END)`,
      `count(CASE WHEN ${when} THEN 1 END)`,
      `sum((${when})::INT)`,
      `sum(${measure} * 2 + 5)${filter}`,
      `count(DISTINCT CASE WHEN ${when} THEN ${of.key} END)`,
      `sum(${measure} * ${pick(of.measures)})`,
    ]);
  };

  const inner = (of: Subjects): { readonly sql: string; readonly keys: readonly string[] } => {
    const groups = [...new Set(Array.from({ length: Math.floor(next() * 3) }, () => pick(of.groups)))];
    const figures = Array.from({ length: 1 + Math.floor(next() * 3) }, () => figure(of));
    if (chance(0.15)) figures.push(`(${figure(of)}) / nullif(${figure(of)}, 0)`);
    const keys = groups.map((_group, at) => `g${at}`);
    const items = [...groups.map((group, at) => `${group} AS g${at}`), ...figures.map((one, at) => `${one} AS a${at}`)];
    const where = chance(0.5) ? ` WHERE ${condition(of, 2)}` : "";
    const groupBy = keys.length === 0 ? "" : ` GROUP BY ${keys.join(", ")}`;
    const having = chance(0.2) ? ` HAVING ${pick([`count(*) >= ${pick(["5", "30", "200"])}`, `${figure(of)} > 10`])}` : "";
    return { sql: `SELECT ${items.join(", ")} FROM ${of.from}${where}${groupBy}${having}`, keys };
  };

  return () => {
    const { sql, keys } = inner(pick(subjects));
    const kind = next();
    if (kind < 0.12) return `WITH t AS (${sql}) SELECT count(*) AS n, sum(a0) AS s, max(a0) AS m FROM t`;
    // Ties are put in order by the keys, so that both engines see the same neighbour.
    if (kind < 0.2) return `WITH t AS (${sql}) SELECT *, a0 - lag(a0) OVER (ORDER BY ${["a0", ...keys].join(", ")}) AS d FROM t`;
    if (kind < 0.26) return `SELECT * FROM (${sql}) t WHERE a0 > 20`;
    return sql;
  };
}
