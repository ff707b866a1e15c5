import type { Item, Query, Select } from "./ast.ts";
import type { Case } from "./database.ts";

export interface Failing {
  readonly query: Query;
  readonly keys: number | undefined;
  readonly world: Case;
}

function* smallerSelects(select: Select): Generator<Select> {
  for (const at of select.where.keys()) yield { ...select, where: select.where.toSpliced(at, 1) };
  if (select.having !== undefined) yield { ...select, having: undefined };
  if (select.order.length > 0) yield { ...select, order: [], limit: undefined };
}

/** The same question with a part left out; leading columns that are keys stay. */
function* smallerQueries({ query, keys }: Failing): Generator<Query> {
  if (query.k === "union") return;
  yield* smallerSelects(query);
  const isFigure = (_item: Item, at: number): boolean => at >= (keys ?? 1);
  const figures = query.items.filter(isFigure).length;
  if (figures < 2) return;
  for (const at of query.items.keys()) if (at >= (keys ?? 1)) yield { ...query, items: query.items.toSpliced(at, 1) };
}

/** The same database with some rows of one table left out: many at first, then one by one. */
function* smallerWorlds({ world }: Failing): Generator<Case> {
  for (const share of [2, 4, 8, Number.POSITIVE_INFINITY]) {
    for (const [place, table] of world.tables.entries()) {
      const size = Math.max(1, Math.ceil(table.rows.length / share));
      for (let at = 0; at < table.rows.length; at += size) {
        const less = { ...table, rows: table.rows.toSpliced(at, size) };
        yield { ...world, tables: world.tables.with(place, less) };
      }
    }
  }
}

function* smaller(failing: Failing): Generator<Failing> {
  for (const query of smallerQueries(failing)) yield { ...failing, query };
  for (const world of smallerWorlds(failing)) yield { ...failing, world };
}

/** Leaves out what is not needed for the failure, as long as time is left. */
export async function minimise(
  failing: Failing,
  fails: (candidate: Failing) => Promise<boolean>,
  deadlineMs: number,
): Promise<Failing> {
  let best = failing;
  for (let found = true; found && Date.now() < deadlineMs; ) {
    found = false;
    for (const candidate of smaller(best)) {
      if (Date.now() >= deadlineMs) break;
      if (!(await fails(candidate))) continue;
      best = candidate;
      found = true;
      break;
    }
  }
  return best;
}
