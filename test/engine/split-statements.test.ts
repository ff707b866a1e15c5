import t from "tap";
import { placeInFile, splitStatements } from "../../src/engine/index.ts";

const textsOf = (sql: string) => splitStatements(sql).map(({ text }) => text);

t.test("semicolons separate; what is empty is no statement", async (t) => {
  t.same(textsOf("SELECT 1; SELECT 2 ;\n;;  SELECT 3"), ["SELECT 1", "SELECT 2", "SELECT 3"]);
  t.same(textsOf(""), []);
  t.same(textsOf(" ;\t; -- nothing\n /* ; */ ;"), []);
});

t.test("a semicolon in a string, a quoted name or a comment separates nothing", async (t) => {
  for (const sql of [
    "SELECT ';'",
    "SELECT 'it''s;'",
    "SELECT E'\\';'",
    'SELECT 1 AS ";"',
    'SELECT 1 AS "a"";"',
    "SELECT $$;$$",
    "SELECT $x$;$$;$x$",
    "SELECT 1 -- ;\n, 2",
    "SELECT 1 /* ; /* ; */ ; */, 2",
  ])
    t.same(textsOf(`${sql}; SELECT 2`), [sql, "SELECT 2"], sql);
});

t.test("a dollar inside a name begins no string", async (t) => {
  t.same(textsOf("SELECT 1 AS a$$; SELECT 2 AS b$$"), ["SELECT 1 AS a$$", "SELECT 2 AS b$$"]);
});

t.test("what is not ended reaches to the end of the text", async (t) => {
  for (const sql of ["SELECT '; SELECT 2", 'SELECT "; SELECT 2', "SELECT 1 /* ; SELECT 2", "SELECT $a$; SELECT 2"])
    t.same(textsOf(sql), [sql]);
});

t.test("a statement begins at its first token, counted in characters", async (t) => {
  const sql = "-- 头\nSELECT '𠀀'; /* c */ SELECT 2;\n\n  \u00a0SELECT 3";
  t.same(
    splitStatements(sql).map(({ at }) => at),
    [
      { line: 2, column: 1 },
      { line: 2, column: 21 },
      { line: 4, column: 4 },
    ],
  );
});

t.test("a place in a statement is a place in its file", async (t) => {
  const start = { line: 3, column: 5 };
  t.same(placeInFile(start, { line: 1, column: 1 }), start);
  t.same(placeInFile(start, { line: 1, column: 8 }), { line: 3, column: 12 });
  t.same(placeInFile(start, { line: 2, column: 8 }), { line: 4, column: 8 });
});
