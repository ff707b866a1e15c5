import { parseArgs } from "node:util";

const usage = `Usage: npm run demo -- [--once] [--json] [--data-dir DIR] [--key-file FILE] [--port N]
                       [--people N] [--visits N] [--enterprises N]

  --once           ends after the story instead of staying up
  --json           the last line is one object for machines; the story goes to stderr
  --data-dir DIR   where the demo's platform lives (default data/demo); an earlier demo there is removed
  --key-file FILE  its root key (default DIR.key)
  --port N         where it listens (default 7310; with --once a free port)
  --people, --visits, --enterprises N   how many are invented (200,000, 1,000,000 and 20,000)
`;

export interface DemoOptions {
  readonly once: boolean;
  readonly json: boolean;
  readonly dataDir: string;
  readonly keyFile: string;
  readonly port: number;
  readonly people: number | undefined;
  readonly visits: number | undefined;
  readonly enterprises: number | undefined;
}

function stop(problem: string): never {
  process.stderr.write(`${problem}\n\n${usage}`);
  process.exit(2);
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        once: { type: "boolean" },
        json: { type: "boolean" },
        "data-dir": { type: "string" },
        "key-file": { type: "string" },
        port: { type: "string" },
        people: { type: "string" },
        visits: { type: "string" },
        enterprises: { type: "string" },
      },
    }).values;
  } catch (error) {
    return stop(error instanceof Error ? error.message : String(error));
  }
}

/** Reads the demo's command line; what it does not understand ends the process with its usage (exit 2). */
export function readOptions(argv: readonly string[]): DemoOptions {
  const values = parse(argv);
  const count = (name: "port" | "people" | "visits" | "enterprises", most: number): number | undefined => {
    const text = values[name];
    if (text === undefined) return undefined;
    const number = Number(text);
    return Number.isInteger(number) && number >= 0 && number <= most
      ? number
      : stop(`--${name} is a whole number from 0 to ${most}, not "${text}".`);
  };
  const once = values.once === true;
  const dataDir = values["data-dir"] ?? "data/demo";
  return {
    once,
    json: values.json === true,
    dataDir,
    keyFile: values["key-file"] ?? `${dataDir}.key`,
    port: count("port", 65_535) ?? (once ? 0 : 7310),
    people: count("people", 10_000_000),
    visits: count("visits", 100_000_000),
    enterprises: count("enterprises", 1_000_000),
  };
}
