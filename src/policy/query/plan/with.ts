import { stop } from "../refusal.ts";
import { unknownName } from "../resolve/scope.ts";
import { foldName } from "../schema.ts";
import type { CteTree } from "../tree/statement.ts";
import type { CteMeaning, Env } from "./env.ts";
import { type Compiled, type CtePlan, columnId } from "./query-plan.ts";

/** WITH queries in sight, and those that must stay with their query because they look at what is around it. */
export interface Withs {
  readonly env: Env;
  readonly local: readonly CtePlan[];
}

interface CompiledCte {
  readonly meaning: CteMeaning;
  readonly step: CtePlan["step"];
}

/** What a recursion adds, with the recursion's own name in sight. */
function compileStep(cte: CteTree, meaning: CteMeaning, env: Env): CtePlan["step"] {
  const { step } = cte;
  if (step === undefined) return undefined;
  const ctes = new Map([...env.ctes, [foldName(cte.name), meaning]]);
  const added = env.compile(step.query, { ...env, ctes, inRecursion: true });
  const names = namesOf(meaning.compiled, cte);
  const keys = step.keys.map((key) => {
    const place = names.findIndex((name) => name !== undefined && foldName(name) === foldName(key));
    return place < 0 ? unknownName(key, cte.at) : columnId(place);
  });
  return { query: freeRows(added, cte).query, all: step.all, keys, width: names.length };
}

function namesOf(compiled: Compiled, cte: CteTree): readonly (string | undefined)[] {
  return freeRows(compiled, cte).names.map((name, i) => cte.columns[i] ?? name);
}

function freeRows(compiled: Compiled, cte: CteTree): Extract<Compiled, { kind: "free" }> {
  if (compiled.kind === "free") return compiled;
  return stop(
    "QUERY_CLAUSE_UNSUPPORTED",
    cte.at,
    "WITH RECURSIVE over protected rows",
    "Recurse over public or released rows only: aggregate first.",
  );
}

function compileCte(cte: CteTree, outer: Env): CompiledCte {
  const { state } = outer;
  const before = state.reach;
  state.reach = Number.POSITIVE_INFINITY;
  const { env, local } = withCtes(cte.step?.ctes ?? [], outer);
  if (local.length > 0) stop("QUERY_CLAUSE_UNSUPPORTED", cte.at, "WITH inside a recursion that looks at what is around it");
  const first = env.compile(cte.query, env);
  const compiled = cte.step === undefined ? first : freeRows(first, cte);
  const named = { compiled, columns: cte.columns, name: state.nextCte(), recurring: false };
  const step = compileStep(cte, { ...named, recurring: (cte.step?.keys.length ?? 0) > 0, reach: Number.POSITIVE_INFINITY }, env);
  const { reach } = state;
  state.reach = Math.min(before, reach);
  return { meaning: { ...named, reach }, step };
}

/** Compiles WITH queries in order; each sees those before it. */
export function withCtes(ctes: readonly CteTree[], outer: Env): Withs {
  let env = outer;
  const local: CtePlan[] = [];
  for (const cte of ctes) {
    const { meaning, step } = compileCte(cte, env);
    const { compiled, name, reach } = meaning;
    // What looks only at itself can stand before the whole statement, where releases and subqueries find it too.
    const home = reach < env.outer.length || env.inRecursion ? local : env.state.ctes;
    if (compiled.kind === "free") home.push({ name, query: compiled.query, step });
    env = { ...env, ctes: new Map([...env.ctes, [foldName(cte.name), meaning]]) };
  }
  return { env, local };
}
