import { leavesOf } from "../release/rows.ts";
import { type Bound, plainSubject, type SubjectRows } from "../resolve/field.ts";
import { fieldsFromAround, fieldsIn } from "../resolve/tied.ts";
import type { SelectTree } from "../tree/statement.ts";
import type { Env } from "./env.ts";
import { governedSelect } from "./governed-select.ts";
import type { Compiled } from "./query-plan.ts";
import type { SelectParts } from "./select-parts.ts";

type Free = Extract<Compiled, { kind: "free" }>;

/** `v.district = p.district`: the column of the rows, and what stands around them. */
function choiceOf(condition: Bound, own: ReadonlySet<string>): { readonly key: Bound; readonly around: Bound } | undefined {
  if (condition.kind !== "compare" || condition.op !== "=") return undefined;
  const sides = [condition.left, condition.right];
  const isOwn = sides.map((side) => fieldsIn(side).map((field) => own.has(field.source)));
  const key = sides.find(
    (side, i) => isOwn[i]?.length !== 0 && isOwn[i]?.every((one) => one) && plainSubject(side)?.subject === undefined,
  );
  const around = sides.find((_side, i) => isOwn[i]?.length !== 0 && isOwn[i]?.every((one) => !one));
  return key === undefined || around === undefined ? undefined : { key, around };
}

/**
 * `(SELECT avg(cost) FROM visit v WHERE v.district = p.district)`: a release by district, from which each row around it takes
 * its own. Undefined where the rows look around themselves in any other way.
 */
export function chosenRelease(
  tree: Pick<SelectTree, "limit" | "offset" | "at">,
  { from, conditions }: SubjectRows,
  parts: SelectParts,
  env: Env,
): Free | undefined {
  // The first row of all would be of one key only.
  if (tree.limit !== undefined || tree.offset !== undefined) return undefined;
  const own = new Set(leavesOf(from).map((leaf) => leaf.alias));
  const looks = conditions.filter((condition) => fieldsIn(condition).some((field) => !own.has(field.source)));
  const choices = looks.flatMap((condition) => choiceOf(condition, own) ?? []);
  const rows: SubjectRows = { from, conditions: conditions.filter((condition) => !looks.includes(condition)) };
  if (choices.length === 0 || choices.length < looks.length || fieldsFromAround(rows).length > 0) return undefined;
  const keys = choices.map(({ key }) => key);
  const items = [...parts.items, ...keys.map((expr) => ({ name: undefined, expr }))];
  const query = governedSelect({ ...tree, distinct: false }, rows, { ...parts, items, order: [] }, keys, env);
  return { kind: "free", query, names: parts.items.map((item) => item.name), joinedTo: choices.map(({ around }) => around) };
}
