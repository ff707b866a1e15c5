import { resolve } from "node:path";
import { parseArgs } from "node:util";

/** What every command takes. */
export interface CommonOptions {
  /** Folder of everything the platform stores. */
  readonly dataDir: string;
  /** The root key; beside the data folder unless said otherwise, never inside it. */
  readonly keyFile: string;
  /** A JSON file of settings over `config/default.json`. */
  readonly configFile: string | undefined;
}

export class UsageError extends Error {
  override readonly name = "UsageError";
}

type Extra = Readonly<Record<string, { readonly type: "string" | "boolean"; readonly multiple?: boolean }>>;

export interface ParsedCommand {
  readonly common: CommonOptions;
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

/** Reads a command line; an unknown option is a `UsageError` that names it. */
export function parseCommand(argv: readonly string[], extra: Extra = {}): ParsedCommand {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { "data-dir": { type: "string" }, "key-file": { type: "string" }, config: { type: "string" }, ...extra },
    });
    const dataDir = resolve(String(values["data-dir"] ?? "data"));
    const keyFile = resolve(String(values["key-file"] ?? `${dataDir}.key`));
    const configFile = values["config"] === undefined ? undefined : resolve(String(values["config"]));
    return { common: { dataDir, keyFile, configFile }, values, positionals };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
