import { placeInFile, type TextPosition } from "../engine/index.ts";
import { CodedError } from "../kernel/index.ts";
import type { CompiledStatement, StatementRefusal } from "../sandbox/index.ts";
import type { FileStatement } from "./compile-file.ts";

/** What is said of one statement; every field is there, so that a reader of lines need not ask. */
export interface CompileLine {
  readonly file: string;
  readonly status: "governed" | "refused";
  readonly code: string | null;
  /** 1-based, in the file: of what is refused, or where a governed statement begins. */
  readonly at: TextPosition;
  readonly sql: string | null;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rule?: string | undefined;
  readonly found?: string | undefined;
  readonly instead?: string | undefined;
}

type Outcome = CompiledStatement | StatementRefusal;

interface Explained {
  readonly code: string;
  readonly rule: string;
  readonly found: string;
  readonly instead: string;
}

/** What runs: the steps that keep released figures, then the result. */
function governed(file: string, at: TextPosition, { plan }: CompiledStatement): CompileLine {
  const sql = [...plan.steps, plan.resultSql].map((statement) => `${statement};`).join("\n");
  return { file, status: "governed", code: null, at, sql, columns: plan.columns };
}

function refused(file: string, at: TextPosition, why: Explained): CompileLine {
  const { code, rule, found, instead } = why;
  return { file, status: "refused", code, at, sql: null, columns: [], rule, found, instead };
}

/** Compiles one statement of a file. What breaks on it is a bug of ours, and still refuses only this one. */
export async function judgeStatement(
  statement: FileStatement,
  compile: (sql: string) => Promise<Outcome>,
  log: (error: unknown) => void,
): Promise<CompileLine> {
  const { file, at } = statement;
  if (statement.kind === "unreadable")
    return refused(file, at, {
      ...statement,
      rule: "A file holds SELECT statements as text.",
      instead: "Write one SELECT, or several with ; between them.",
    });
  try {
    const outcome = await compile(statement.text);
    if (outcome.kind === "compiled") return governed(file, at, outcome);
    return refused(file, outcome.at === undefined ? at : placeInFile(at, outcome.at), outcome);
  } catch (error) {
    log(error);
    const code = error instanceof CodedError ? String(error.code) : "INTERNAL";
    const instead = "Write the statement in another form, and report it.";
    return refused(file, at, {
      code,
      rule: "Every statement is governed or refused.",
      found: "what the compiler broke on",
      instead,
    });
  }
}
