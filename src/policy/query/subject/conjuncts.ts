import type { Bound } from "../resolve/field.ts";
import { conjunctsOf, logic } from "../tree/make.ts";
import { keyOf } from "./label.ts";

/** `(a AND b) OR (a AND c)` is `a AND (b OR c)`: what every branch asks is asked once, so that joins written so are seen. */
function commonOf(condition: Bound): readonly Bound[] {
  if (condition.kind !== "logic" || condition.op !== "or") return [condition];
  const branches = condition.args.map(conjunctsOf);
  const keys = branches.map((branch) => new Set(branch.map(keyOf)));
  const [first = []] = branches;
  const common = first.filter((one) => keys.every((set) => set.has(keyOf(one))));
  if (common.length === 0) return [condition];
  const shared = new Set(common.map(keyOf));
  const rest = branches.map((branch) => branch.filter((one) => !shared.has(keyOf(one))));
  // A branch that asks nothing more holds wherever the common part does.
  const others = rest.some((branch) => branch.length === 0)
    ? []
    : [
        logic(
          "or",
          rest.map((branch) => logic("and", branch)),
        ),
      ];
  return [...common, ...others];
}

/** The conjuncts of a condition over protected rows. */
export function conjunctsIn(condition: Bound): readonly Bound[] {
  return conjunctsOf(condition).flatMap(commonOf);
}
