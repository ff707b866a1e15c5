import { type FunctionEntry, infix, postfix } from "./entry.ts";

/** Operators beside those that protected rows take. Free rows only. */
export const operators: Readonly<Record<string, FunctionEntry>> = Object.freeze({
  "!__postfix": postfix(),
  "&": infix("none"),
  "&&": infix("none"),
  "**": infix("none"),
  "->>": infix("none"),
  "<->": infix("none"),
  "<<": infix("none"),
  "<=>": infix("none"),
  "<@": infix("none"),
  ">>": infix("none"),
  "@": infix("none", 1),
  "@>": infix("none"),
  "^": infix("none"),
  "|": infix("none"),
  "~": infix("none", 1),
  "~~~": infix("none"),
});
