import type {
  BoundColumn,
  CheckedStatements,
  CompilerCommand,
  Described,
  Rejected,
  RejectionStage,
  TextPosition,
} from "./compiler-messages.ts";
import type { CompilerPool, Lease } from "./compiler-pool.ts";
import { columnOf, isCount, isRecord, isText, listOf, textsOf } from "./message-shape.ts";

/** What the statement firewall made of the text; recorded, never obeyed. */
export interface FirewallVerdict {
  /** It read exactly one SELECT or WITH statement, and the same tables as the engine. */
  readonly ok: boolean;
  /** Table mentions it saw, lower case: `name` or `name as alias`. */
  readonly tables: readonly string[];
  readonly disagreement?: string | undefined;
}

export interface Parsed {
  readonly kind: "parsed";
  /** JSON text of the engine's `json_serialize_sql`; `query_location` counts UTF-8 bytes. */
  readonly ast: string;
  readonly firewall: FirewallVerdict;
  /** Empty where parameters stand in the text: only with their values does it bind (`describe`). */
  readonly columns: readonly BoundColumn[];
}

export interface Compiler {
  /** Reads hostile text against empty tables made by `ddl` (trusted); executes nothing. */
  parse(request: { readonly ddl: string; readonly sql: string }): Promise<Parsed | Rejected>;
  /** The output columns of a tree (`json_serialize_sql`) whose parameters have become literals; executes nothing. */
  describe(request: { readonly ddl: string; readonly ast: string }): Promise<Described | Rejected>;
  /** Reads emitted statements back, in order; a refusal names the statement and is a bug of the emitter. */
  check(request: { readonly ddl: string; readonly statements: readonly string[] }): Promise<CheckedStatements | Rejected>;
}

const tooHard: Rejected = {
  kind: "rejected",
  stage: "limit",
  message: "The statement took too much time or memory to compile; make it simpler.",
};
const busy: Rejected = { kind: "rejected", stage: "limit", message: "Too many statements wait to be compiled; try again." };

/** Time the firewall may take after the engine has answered, milliseconds. */
const firewallTimeoutMs = 500;

/** The port behind which hostile text meets parsers, in processes of their own. */
export function createCompiler(deps: {
  readonly pool: CompilerPool;
  readonly limits: { readonly sqlBytes: number; readonly sqlDepth: number; readonly compileTimeoutMs: number };
}): Compiler {
  const { pool, limits } = deps;

  async function withLease<T>(
    command: CompilerCommand,
    use: (lease: Lease, first: unknown) => Promise<T | Rejected>,
  ): Promise<T | Rejected> {
    const lease = await pool.take();
    if (lease === undefined) return busy;
    try {
      lease.worker.send(command);
      const first = await lease.receive(limits.compileTimeoutMs);
      return first === undefined ? tooHard : await use(lease, first);
    } finally {
      lease.release();
    }
  }

  return {
    async parse({ ddl, sql }) {
      const bytes = Buffer.byteLength(sql);
      if (bytes > limits.sqlBytes)
        return {
          kind: "rejected",
          stage: "size",
          message: `The text has ${bytes} bytes; at most ${limits.sqlBytes} are accepted.`,
        };
      // The engine's C interface ends a text at NUL: two readers would see two statements.
      if (sql.includes("\0") || !sql.isWellFormed())
        return {
          kind: "rejected",
          stage: "syntax",
          message: "The text holds characters that no statement may hold (NUL, lone surrogates).",
        };
      return withLease({ kind: "parse", ddl, sql, maxDepth: limits.sqlDepth }, async (lease, first) => {
        const rejected = rejectionOf(first);
        if (rejected?.stage === "depth") return rejected;
        const reading = firewallOf(await lease.receive(firewallTimeoutMs));
        if (rejected !== undefined) return explain(rejected, reading);
        const read = readingOf(first);
        if (read === undefined) return tooHard;
        return { kind: "parsed", ast: read.ast, columns: read.columns, firewall: compare(reading, read.mentions) };
      });
    },
    describe: ({ ddl, ast }) =>
      withLease({ kind: "describe", ddl, ast }, async (_lease, first) => rejectionOf(first) ?? describedOf(first) ?? tooHard),
    check: ({ ddl, statements }) =>
      withLease({ kind: "check", ddl, statements }, async (_lease, first) => rejectionOf(first) ?? checkedOf(first) ?? tooHard),
  };
}

interface FirewallReading {
  readonly ok: boolean;
  readonly kinds: readonly string[];
  readonly mentions: readonly string[];
}

function firewallOf(value: unknown): FirewallReading | undefined {
  if (!isRecord(value)) return undefined;
  const kinds = textsOf(value["kinds"]);
  const mentions = textsOf(value["mentions"]);
  return kinds === undefined || mentions === undefined ? undefined : { ok: value["ok"] === true, kinds, mentions };
}

/** The engine refused the text as no SELECT; the firewall can often say what it is. */
function explain(rejected: Rejected & { readonly notSelect: boolean }, reading: FirewallReading | undefined): Rejected {
  const { notSelect, ...rest } = rejected;
  if (!notSelect) return rest;
  const kinds = (reading?.kinds ?? []).filter((kind) => /^[a-z_ ]{1,30}$/.test(kind)).slice(0, 5);
  const found = kinds.length === 0 ? "" : ` Found: ${kinds.join(", ")}.`;
  return { ...rest, stage: "firewall", message: `Exactly one SELECT or WITH statement is accepted.${found}` };
}

function compare(reading: FirewallReading | undefined, engine: readonly string[]): FirewallVerdict {
  if (reading === undefined) return { ok: false, tables: [], disagreement: "the firewall did not finish in time" };
  const tables = [...new Set(reading.mentions)];
  if (reading.kinds.length === 0) return { ok: false, tables, disagreement: "the firewall cannot read the text" };
  if (!reading.ok) return { ok: false, tables, disagreement: `the firewall reads ${reading.kinds.join(", ")}` };
  const seen = new Set(engine);
  const only = (list: readonly string[], other: ReadonlySet<string>): string[] => list.filter((one) => !other.has(one));
  const [extra, missed] = [only(tables, seen), only([...seen], new Set(tables))];
  if (extra.length === 0 && missed.length === 0) return { ok: true, tables };
  const parts = [
    ...extra.map((one) => `only the firewall reads "${one}"`),
    ...missed.map((one) => `only the engine reads "${one}"`),
  ];
  return { ok: false, tables, disagreement: parts.slice(0, 6).join("; ").slice(0, 500) };
}

const stages: readonly RejectionStage[] = ["size", "depth", "firewall", "syntax", "bind", "limit"];

function rejectionOf(value: unknown): (Rejected & { readonly notSelect: boolean }) | undefined {
  if (!isRecord(value) || value["kind"] !== "rejected") return undefined;
  const stage = stages.find((one) => one === value["stage"]);
  const { message, statement, notSelect } = value;
  if (stage === undefined || !isText(message)) return undefined;
  return {
    kind: "rejected",
    stage,
    message,
    notSelect: notSelect === true,
    ...(positionOf(value["position"]) ?? {}),
    ...(isCount(statement) ? { statement } : {}),
  };
}

function positionOf(value: unknown): { position: TextPosition } | undefined {
  if (!isRecord(value)) return undefined;
  const { line, column } = value;
  return isCount(line) && isCount(column) ? { position: { line, column } } : undefined;
}

function readingOf(value: unknown): { ast: string; columns: readonly BoundColumn[]; mentions: readonly string[] } | undefined {
  if (!isRecord(value) || value["kind"] !== "read" || !isText(value["ast"])) return undefined;
  const columns = listOf(value["columns"], columnOf);
  const mentions = textsOf(value["mentions"]);
  return columns === undefined || mentions === undefined ? undefined : { ast: value["ast"], columns, mentions };
}

function checkedOf(value: unknown): CheckedStatements | undefined {
  if (!isRecord(value) || value["kind"] !== "checked") return undefined;
  const asts = textsOf(value["asts"]);
  const columns = listOf(value["columns"], (list) => listOf(list, columnOf));
  return asts === undefined || columns === undefined ? undefined : { kind: "checked", asts, columns };
}

function describedOf(value: unknown): Described | undefined {
  if (!isRecord(value) || value["kind"] !== "described") return undefined;
  const columns = listOf(value["columns"], columnOf);
  return columns === undefined ? undefined : { kind: "described", columns };
}
