import t from "tap";
import { startEngine } from "./engine-fixture.ts";

const ddl =
  "CREATE TABLE person (id_card BIGINT, county VARCHAR, born DATE, income DECIMAL(18,2)); CREATE TABLE visit (id_card BIGINT, cost DOUBLE);";

t.test("a statement is read by the engine, bound to empty tables and never executed", async (t) => {
  const { engine } = await startEngine(t);
  const parsed = await engine.compiler.parse({
    ddl,
    sql: "WITH v AS (SELECT * FROM visit) SELECT county, sum(income) AS s FROM person p, v GROUP BY county",
  });
  if (parsed.kind !== "parsed") throw new Error(JSON.stringify(parsed));
  t.same(parsed.columns, [
    { name: "county", type: "VARCHAR" },
    { name: "s", type: "DECIMAL(38,2)" },
  ]);
  t.match(JSON.parse(parsed.ast), { error: false, statements: [{ node: { type: "SELECT_NODE" } }] });
  t.same(parsed.firewall, { ok: true, tables: parsed.firewall.tables });
  t.same(new Set(parsed.firewall.tables), new Set(["person as p", "v", "visit"]));

  const executed = await engine.compiler.parse({ ddl, sql: "SELECT error('executed') AS x, count(*) FROM range(1000000000000)" });
  t.equal(executed.kind, "parsed", "neither the error nor the trillion rows happened");
});

t.test("what is not one SELECT is refused and named", async (t) => {
  const { engine } = await startEngine(t);
  const cases: readonly (readonly [string, RegExp])[] = [
    ["DROP TABLE person", /drop/],
    ["SELECT 1; SELECT 2", /select, select/],
    ["INSERT INTO person VALUES (1)", /insert/],
    ["PRAGMA database_list", /SELECT or WITH/],
    ["COPY person TO '/tmp/x.csv'", /SELECT or WITH/],
    ["ATTACH '/etc/passwd' AS p", /SELECT or WITH/],
    ["SET memory_limit='1GB'", /SELECT or WITH/],
    ["INSTALL httpfs", /SELECT or WITH/],
    ["", /SELECT or WITH/],
  ];
  for (const [sql, message] of cases) {
    const answer = await engine.compiler.parse({ ddl, sql });
    t.match(answer, { kind: "rejected", stage: "firewall", message }, sql);
  }
});

t.test("refusals give line and column in characters and nothing of the engine's suggestions", async (t) => {
  const { engine } = await startEngine(t);
  const syntax = await engine.compiler.parse({ ddl, sql: "SELECT county\nFROM person WHERE WHERE" });
  t.match(syntax, { kind: "rejected", stage: "syntax", position: { line: 2, column: 19 } });

  const column = await engine.compiler.parse({ ddl, sql: "SELECT '中文',\n  incom FROM person" });
  t.same(column, {
    kind: "rejected",
    stage: "bind",
    message: 'Column "incom" is not in scope.',
    position: { line: 2, column: 3 },
  });
  const table = await engine.compiler.parse({ ddl, sql: "SELECT 1 FROM persons" });
  t.same(table, { kind: "rejected", stage: "bind", message: '"persons" is not in scope.', position: { line: 1, column: 15 } });
  const typed = await engine.compiler.parse({ ddl, sql: "SELECT sum(county) FROM person" });
  t.match(typed, { kind: "rejected", stage: "bind", message: /sum/ });
  t.notMatch(typed.kind === "rejected" ? typed.message : "", /Candidate|LINE|\n/);
  const foreign = await engine.compiler.parse({
    ddl,
    sql: "SELECT 1 FROM person LIMIT CAST(current_setting('memory_limit') AS INT)",
  });
  t.match(foreign, { kind: "rejected", stage: "bind", message: /cannot be bound/ }, "a value of the process is not echoed");
});

t.test("where the firewall reads other tables than the engine, that is recorded, not obeyed", async (t) => {
  const { engine } = await startEngine(t);
  const cases: readonly (readonly [string, RegExp])[] = [
    ["SELECT count(*) FROM person NATURAL JOIN visit", /person as natural/],
    ["SELECT count(*) FROM person SEMI JOIN visit USING (id_card)", /person as semi/],
    ["FROM person SELECT county", /cannot read/],
  ];
  for (const [sql, disagreement] of cases) {
    const answer = await engine.compiler.parse({ ddl, sql });
    t.match(answer, { kind: "parsed", firewall: { ok: false, disagreement } }, sql);
  }
});

t.test("emitted statements are read back in order; temporary tables stand for later ones", async (t) => {
  const { engine } = await startEngine(t);
  const made = 'CREATE TEMP TABLE "__r1" AS SELECT county AS k1, count(*) AS n FROM person GROUP BY county';
  const checked = await engine.compiler.check({ ddl, statements: [made, 'SELECT k1, n FROM "__r1" ORDER BY n'] });
  if (checked.kind !== "checked") throw new Error(JSON.stringify(checked));
  t.equal(checked.asts.length, 2);
  t.same(checked.columns, [
    [
      { name: "k1", type: "VARCHAR" },
      { name: "n", type: "BIGINT" },
    ],
    [
      { name: "k1", type: "VARCHAR" },
      { name: "n", type: "BIGINT" },
    ],
  ]);
  const broken = await engine.compiler.check({ ddl, statements: [made, "SELECT zz FROM person"] });
  t.match(broken, { kind: "rejected", stage: "bind", statement: 1 });
  const smuggled = await engine.compiler.check({ ddl, statements: [`${made}; DROP TABLE person`] });
  t.match(smuggled, { kind: "rejected", statement: 0 });
  const other = await engine.compiler.check({ ddl, statements: ["CREATE TABLE x AS SELECT 1"] });
  t.match(other, { kind: "rejected", statement: 0 });
});

t.test("a kept table has the columns that were bound, whatever their types and names", async (t) => {
  const { engine } = await startEngine(t);
  const typed = `SELECT NULL AS "no""thing", [] AS "l", {'a b': 1, 'c"d': [DATE '2020-01-01']} AS "s", map {'k': 1.5} AS "m", 1::UHUGEINT AS "u", now() AS "z"`;
  const checked = await engine.compiler.check({
    ddl,
    statements: [`CREATE TEMP TABLE "__f1" AS ${typed}`, 'SELECT * FROM "__f1"'],
  });
  if (checked.kind !== "checked") throw new Error(JSON.stringify(checked));
  t.equal(checked.columns[0]?.length, 6);
  t.same(checked.columns[0], checked.columns[1]);
});

t.test("one statement leaves nothing behind for the next", async (t) => {
  const { engine } = await startEngine(t);
  await engine.compiler.check({ ddl, statements: ['CREATE TEMP TABLE "__r1" AS SELECT 1 AS one'] });
  t.match(await engine.compiler.parse({ ddl, sql: 'SELECT * FROM "__r1"' }), { kind: "rejected", stage: "bind" });
});

t.test("a compiler is replaced after its share of statements", async (t) => {
  const { engine } = await startEngine(t, { limits: { compileRequests: 2 } });
  const pids = new Set<number>();
  for (let at = 0; at < 6; at++) {
    t.equal((await engine.compiler.parse({ ddl, sql: `SELECT ${at}` })).kind, "parsed");
    for (const { role, pid } of engine.workers()) if (role === "compile") pids.add(pid);
  }
  t.ok(pids.size >= 3, `${pids.size} processes served six statements`);
});

t.test("a compiler that dies or hangs costs one statement", async (t) => {
  const { engine, log } = await startEngine(t, { limits: { compileTimeoutMs: 1500 } });
  t.equal((await engine.compiler.parse({ ddl, sql: "SELECT 1" })).kind, "parsed");
  // Evaluated while binding: the argument of a table function.
  const hanging = await engine.compiler.parse({ ddl, sql: "SELECT * FROM range(length(repeat('x', 1000000000)))" });
  t.match(hanging, { kind: "rejected", stage: "limit" });
  t.equal((await engine.compiler.parse({ ddl, sql: "SELECT 1" })).kind, "parsed");

  for (const { role, pid } of engine.workers()) if (role === "compile") process.kill(pid, "SIGKILL");
  const answers = await Promise.all([1, 2, 3].map((n) => engine.compiler.parse({ ddl, sql: `SELECT ${n}` })));
  t.ok(answers.filter(({ kind }) => kind === "parsed").length >= 2);
  t.ok(log.lines.some(({ message }) => message === "compiler process ended"));
});

t.test("memory that binding would take is refused when it is asked for, and the process serves on", async (t) => {
  const { engine } = await startEngine(t);
  t.equal((await engine.compiler.parse({ ddl, sql: "SELECT 1" })).kind, "parsed");
  const pids = () => engine.workers().flatMap(({ role, pid }) => (role === "compile" ? [pid] : []));
  const before = pids();
  for (const sql of ["SELECT * FROM range(len(range(1000000000)))", "SELECT * FROM range(length(repeat('x', 2000000000)))"])
    t.match(await engine.compiler.parse({ ddl, sql }), { kind: "rejected", stage: "limit" }, sql);
  t.equal((await engine.compiler.parse({ ddl, sql: "SELECT 1" })).kind, "parsed");
  t.same(pids(), before);
});

t.test("waiting statements are bounded, and end with the engine", async (t) => {
  const { engine } = await startEngine(t, { limits: { compileQueue: 2 } });
  const asked = Array.from({ length: 6 }, (_, at) => engine.compiler.parse({ ddl, sql: `SELECT ${at}` }));
  const answers = await Promise.all(asked);
  t.ok(answers.some((answer) => answer.kind === "rejected" && answer.stage === "limit" && /wait/.test(answer.message)));
  t.ok(answers.some((answer) => answer.kind === "parsed"));
  await engine.close();
  t.match(await engine.compiler.parse({ ddl, sql: "SELECT 1" }), { kind: "rejected", stage: "limit" });
});

t.test("a tree whose parameters became literals is described, and nothing of it is executed", async (t) => {
  const { engine } = await startEngine(t);
  const sql = "SELECT county, count(*) > $least AS many, error($why) AS x FROM person GROUP BY ALL LIMIT $n";
  const parsed = await engine.compiler.parse({ ddl, sql });
  if (parsed.kind !== "parsed") throw new Error(JSON.stringify(parsed));
  t.strictSame(parsed.columns, [], "without its values it has no types");
  const bound = parsed.ast
    .replaceAll(/\{"class":"PARAMETER"[^}]*"identifier":"why"\}/g, constant("VARCHAR", '"executed"'))
    .replaceAll(/\{"class":"PARAMETER"[^}]*\}/g, constant("INTEGER", "5"))
    .replace(/"named_param_map":\[[^\]]+\]/, '"named_param_map":[]');
  t.match(await engine.compiler.describe({ ddl, ast: bound }), {
    kind: "described",
    columns: [{ name: "county" }, { name: "many", type: "BOOLEAN" }, { name: "x" }],
  });
  const wrong = bound.replace('"county"', '"bounty"');
  const refused = await engine.compiler.describe({ ddl, ast: wrong });
  t.match(refused, { kind: "rejected", stage: "bind", message: 'Column "bounty" is not in scope.' });
  t.notOk("position" in refused, "a place in the written-out tree is none in the caller's text");
  for (const ast of ["", "{}", '{"error":false,"statements":[{"node":{"type":"DROP"}}]}'])
    t.match(await engine.compiler.describe({ ddl, ast }), { kind: "rejected", stage: "bind" }, ast);
  const typo = await engine.compiler.parse({ ddl, sql: "SELECT count(*)\nFROM person WHERE bounty = $x" });
  t.match(typo, { kind: "rejected", stage: "bind", position: { line: 2, column: 19 } }, "an unknown name has its place");
});

function constant(type: string, value: string): string {
  return `{"class":"CONSTANT","type":"VALUE_CONSTANT","alias":"","query_location":0,"value":{"type":{"id":"${type}","type_info":null},"is_null":false,"value":${value}}}`;
}

t.test("a number that no tree can carry is refused, and its compiler lives", async (t) => {
  const { engine } = await startEngine(t);
  const pids = (): readonly unknown[] => engine.workers().map(({ pid }) => pid);
  await engine.compiler.parse({ ddl, sql: "SELECT 1" });
  const before = pids();
  for (const sql of ["SELECT 1e400", "SELECT -1e999 AS x, count(*) FROM person", "SELECT 'NaN'::DOUBLE + 1e400"])
    t.match(await engine.compiler.parse({ ddl, sql }), { kind: "rejected", message: /too great/ }, sql);
  t.same(pids(), before, "no process ended of it");
});
