import { parseArgs } from "node:util";
import { UsageError } from "./options.ts";

export const usage = `Usage: npm run --silent compile -- --schema FILE.json --sql FILE.sql [--sql FILE.sql]…

Compiles every statement of the files under the agreement's schema, without data, and prints one JSON line a statement
(docs/how-to/check-an-agreement.md).

Exit: 0 every statement is governed · 1 at least one is refused · 2 nothing was judged (options, files, schema).
`;

export interface CompileOptions {
  readonly schema: string;
  readonly sql: readonly string[];
}

/** Undefined: help was asked for. Throws `UsageError`. */
export function readCompileOptions(argv: readonly string[]): CompileOptions | undefined {
  const { schema = [], sql = [], help } = parse(argv);
  if (help === true) return undefined;
  const [file, ...more] = schema;
  if (file === undefined) throw new UsageError("--schema is missing: the JSON file of the agreement's tables.");
  if (more.length > 0) throw new UsageError("--schema stands more than once; a run has one schema.");
  if (sql.length === 0) throw new UsageError("--sql is missing: a file of statements.");
  return { schema: file, sql };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        schema: { type: "string", multiple: true },
        sql: { type: "string", multiple: true },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
