import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";

const root = join(import.meta.dirname, "../..");
const folder = await mkdtemp(join(tmpdir(), "hg-compile-"));
t.teardown(() => rm(folder, { recursive: true, force: true }));

interface Answer {
  readonly exit: number | null;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  readonly stderr: string;
}

function compile(...args: readonly string[]): Promise<Answer> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(root, "src/cli/compile.ts"), ...args],
      { cwd: folder },
      (_error, stdout, stderr) => {
        const lines = stdout
          .split("\n")
          .filter(Boolean)
          .map((line) => JSON.parse(line));
        resolve({ exit: child.exitCode, lines, stderr });
      },
    );
  });
}

const files: Readonly<Record<string, string | Uint8Array>> = {
  "schema.json": JSON.stringify({
    tables: {
      person: {
        grade: "protected",
        subjects: [{ kind: "person", column: "id", unique: true }],
        columns: {
          id: { type: "INTEGER", role: "identifier" },
          county: { type: "VARCHAR", role: "quasi-identifier" },
          income: { type: "DOUBLE", role: "measure", grid: 1000 },
        },
      },
    },
  }),
  "bad.json": JSON.stringify({ tables: { person: { grade: "protected", columns: { id: { type: "NUMBER", role: "x" } } } } }),
  "torn.json": '{"tables":',
  "good.sql":
    "SELECT county, count(*) AS n FROM person GROUP BY county;\n-- ;\nSELECT avg(income) FROM person WHERE county = ';';",
  "mixed.sql": "SELECT count(*) FROM person;\n  SELECT id\n  FROM person; SELEC 1;\nSELECT count(*) FROM person WHERE income = 5",
  "hard.sql": `SELECT 1 AS a; SELECT * FROM range(length(repeat('x', 1000000000))); SELECT ${"(".repeat(5000)}1; SELECT 2 AS b`,
  "bytes.sql": Buffer.from([0x53, 0x0a, 0x41, 0xff, 0xfe]),
  "empty.sql": " ; -- nothing\n",
};
for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);

t.test(
  "statements of all files come out in order, each as what would run, or as a refusal with its place in the file",
  async (t) => {
    const { exit, lines } = await compile("--schema", "schema.json", "--sql", "good.sql", "--sql", "mixed.sql");
    t.equal(exit, 1);
    t.match(lines, [
      {
        file: "good.sql",
        status: "governed",
        code: null,
        at: { line: 1, column: 1 },
        sql: /^CREATE TEMP TABLE "__r1" AS [\s\S]*;\nSELECT [^;]*;$/,
        columns: [
          { name: "county", type: "VARCHAR" },
          { name: "n", type: "BIGINT" },
        ],
      },
      { file: "good.sql", status: "governed", at: { line: 3, column: 1 } },
      { file: "mixed.sql", status: "governed" },
      { file: "mixed.sql", status: "refused", code: "QUERY_ROWS_NOT_SHOWN", at: { line: 2, column: 10 }, sql: null, columns: [] },
      { file: "mixed.sql", status: "refused", code: "QUERY_SYNTAX", at: { line: 3, column: 16 } },
      {
        file: "mixed.sql",
        status: "refused",
        code: "QUERY_MEASURE_CONDITION",
        at: { line: 4, column: 35 },
        rule: /\S/,
        found: /\S/,
        instead: /\S/,
      },
    ]);
    t.equal(lines.length, 6);
  },
);

t.test("all governed is 0", async (t) => {
  const { exit, lines, stderr } = await compile("--schema", "schema.json", "--sql", "good.sql");
  t.same([exit, lines.length, stderr], [0, 2, ""]);
});

t.test("a statement that is too hard, or a file that holds none, is refused, and the rest is served", async (t) => {
  const { exit, lines } = await compile(
    "--schema",
    "schema.json",
    ...["hard.sql", "bytes.sql", "empty.sql"].flatMap((file) => ["--sql", file]),
  );
  t.equal(exit, 1);
  t.match(lines, [
    { status: "governed", columns: [{ name: "a" }] },
    { status: "refused", code: "QUERY_TOO_HARD" },
    { status: "refused", code: "QUERY_TOO_DEEP" },
    { status: "governed", columns: [{ name: "b" }] },
    { file: "bytes.sql", status: "refused", code: "QUERY_SYNTAX", at: { line: 2, column: 2 } },
    { file: "empty.sql", status: "refused", code: "QUERY_NOT_ONE_SELECT", at: { line: 1, column: 1 } },
  ]);
});

t.test("what cannot be judged is 2, with nothing on standard output and what would be accepted", async (t) => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /--schema is missing[\s\S]*Usage:/],
    [["--schema", "schema.json"], /--sql is missing/],
    [["--schema", "schema.json", "--schema", "schema.json", "--sql", "good.sql"], /--schema stands more than once/],
    [["--schema", "schema.json", "--sql", "good.sql", "--fast"], /--fast/],
    [["--schema", "schema.json", "--sql", "no.sql"], /--sql no\.sql: there is no such file/],
    [["--schema", "schema.json", "--sql", "."], /--sql \.: it is a folder/],
    [["--schema", "torn.json", "--sql", "good.sql"], /--schema torn\.json: no JSON/],
    [
      ["--schema", "bad.json", "--sql", "good.sql"],
      /bad\.json: table "person", column "id": "type" is "NUMBER"; accepted: BOOLEAN/,
    ],
  ];
  const answers = await Promise.all(cases.map(([args]) => compile(...args)));
  for (const [at, [args, message]] of cases.entries()) {
    t.match(answers[at], { exit: 2, lines: [], stderr: message }, args.join(" "));
    t.notMatch(answers[at]?.stderr, /\n\s+at /, "no stack");
  }
  const help = await new Promise<string>((resolve) => {
    execFile(process.execPath, [join(root, "src/cli/compile.ts"), "--help"], (_error, stdout) => resolve(stdout));
  });
  t.match(help, /^Usage: npm run --silent compile/);
});

t.test("a reader that has enough ends it without a word", async (t) => {
  const sql = Array.from({ length: 12 }, () => ["--sql", "good.sql"]).flat();
  const { stdout, stderr } = await new Promise<{ readonly stdout: string; readonly stderr: string }>((resolve) => {
    const script = 'node=$1; shift; "$node" "$@" | head -n 1';
    const args = ["-c", script, "sh", process.execPath, join(root, "src/cli/compile.ts"), "--schema", "schema.json", ...sql];
    execFile("sh", args, { cwd: folder }, (_error, out, err) => resolve({ stdout: out, stderr: err }));
  });
  t.match(JSON.parse(stdout), { status: "governed" });
  t.equal(stderr, "");
});
