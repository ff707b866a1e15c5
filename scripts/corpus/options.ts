import { dirname } from "node:path";
import { parseArgs } from "node:util";

export interface CorpusOptions {
  readonly files: readonly string[];
  /** Folder of person.csv, visit.csv and enterprise.csv. */
  readonly dataDir: string;
}

/** A command line that cannot be obeyed: exit 2. */
export class OptionError extends Error {
  override readonly name = "OptionError";
}

export const usage = `Usage: npm run --silent corpus -- FILE… [--data DIR] [--protection exact]

  FILE               cases as ../shared/corpus/README.md describes them
  --data DIR         where person.csv, visit.csv and enterprise.csv lie (default: beside the first FILE)
  --protection MODE  mode of the agreements: exact (this tool does not judge cell-key yet, and dp is not built)

One JSON line a case, then one with the figures. Exit 0: it ran to the end, whatever the figures; 1: the run broke.
`;

export function readOptions(argv: readonly string[]): CorpusOptions {
  const parsed = (() => {
    try {
      return parseArgs({
        args: [...argv],
        allowPositionals: true,
        options: { data: { type: "string" }, protection: { type: "string", default: "exact" } },
      });
    } catch (error) {
      throw new OptionError(error instanceof Error ? error.message : String(error));
    }
  })();
  const { values, positionals } = parsed;
  if (values.protection === "cell-key" || values.protection === "dp")
    throw new OptionError(`--protection ${values.protection} cannot be judged yet. Use --protection exact.`);
  if (values.protection !== "exact") throw new OptionError(`--protection ${values.protection} is unknown: exact, cell-key, dp.`);
  const [first] = positionals;
  if (first === undefined) throw new OptionError("No FILE given.");
  return { files: positionals, dataDir: values.data ?? dirname(first) };
}
