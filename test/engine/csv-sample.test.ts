import t from "tap";
import { createCsvSample } from "../../src/engine/roles/csv-sample.ts";
import { IngestRefusal } from "../../src/engine/roles/ingest-refusal.ts";
import { ingestLimits } from "./engine-fixture.ts";

function sample(text: string | Uint8Array, over: object = {}, charset: "utf-8" | "gb18030" = "utf-8") {
  const reader = createCsvSample({ kind: "csv", charset }, { ...ingestLimits, ...over });
  try {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 5) reader.push(bytes.subarray(at, at + 5));
    return reader.finish();
  } catch (error) {
    if (error instanceof IngestRefusal) return error.problem;
    throw error;
  }
}

function typesOf(values: readonly string[]): readonly string[] {
  const found = sample(`v,w\n${values.map((value) => `${value},x\n`).join("")}`);
  return "columns" in found ? (found.columns[0]?.types ?? []) : [found.code];
}

t.test("the types told are those that every value has, the narrowest first", async (t) => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [["1", "0"], "TINYINT"],
    [["1", "300"], "SMALLINT"],
    [["1", "40000"], "INTEGER"],
    [["1", "3000000000"], "BIGINT"],
    [["1", "30000000000000000000"], "DECIMAL(20,0)"],
    [["1.5", "-20.25", "3"], "DECIMAL(4,2)"],
    [["1.5", "1e9"], "DOUBLE"],
    [["true", "false"], "BOOLEAN"],
    [["2024-02-29", "1999-12-31"], "DATE"],
    [["2024-02-29", "1999-12-31 10:00:00"], "TIMESTAMP"],
    [["2024-02-30"], "VARCHAR"],
    [["1", "x"], "VARCHAR"],
    [["", ""], "VARCHAR"],
  ];
  for (const [values, type] of cases) t.equal(typesOf(values)[0], type, values.join(" "));
  t.same(typesOf(["7"]), ["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "DECIMAL(1,0)", "DOUBLE", "VARCHAR"]);
});

t.test("counts are told, values are not", async (t) => {
  const found = sample('name,code,note\n张三,007,\n张三,010,"a ""quoted"" word; and more"\n,011,\n');
  t.match(found, {
    kind: "sampled",
    rows: 3,
    whole: true,
    columns: [
      { name: "name", values: 2, nulls: 1, distinct: 1, maxBytes: 6 },
      { name: "code", leadingZeros: 3, distinct: 3 },
      { name: "note", values: 1, nulls: 2, forms: { prose: 1 } },
    ],
  });
  t.notMatch(JSON.stringify(found), /张三|007|quoted/);
});

t.test("forms that point at people are counted", async (t) => {
  const found = sample("a,b,c,d\n130102199001011234,91350100M000100Y43,13812345678,x@y.cn\n");
  t.match(found, {
    columns: [{ forms: { "id-card": 1 } }, { forms: { uscc: 1 } }, { forms: { mobile: 1 } }, { forms: { email: 1 } }],
  });
});

t.test("a sample that was cut ends with its last whole record, in the middle of a character too", async (t) => {
  const bytes = Buffer.from('v,w\n1,张三\n2,"三\n张"\n3,张三\n');
  for (const cut of [bytes.length - 2, bytes.length - 3, bytes.length - 8])
    t.match(sample(bytes.subarray(0, cut), { maxSampleBytes: cut }), { rows: 2, whole: false }, `${cut} bytes`);
  t.match(sample(bytes.subarray(0, bytes.length - 13), { maxSampleBytes: 1 }), { rows: 1 }, "an open quote at the cut");
});

t.test("GB18030 headers are read as text", async (t) => {
  const header = Buffer.from([0xd0, 0xd5, 0xc3, 0xfb, 0x0a]);
  t.match(sample(Buffer.concat([header, Buffer.from("x\n")]), {}, "gb18030"), { columns: [{ name: "姓名" }] });
  t.match(sample(Buffer.concat([header, Buffer.from("x\n")])), {
    code: "CATALOG_FILE_ENCODING",
    line: 1,
    reason: /charset=gb18030/,
  });
  t.match(sample("\ufeffv\nx\n"), { columns: [{ name: "v" }] }, "without the byte order mark");
});

t.test("a forgotten header is found before it is told as names", async (t) => {
  for (const first of ["130102199001011234,a", "a,2024-01-01", "a,", "a,a", "x@y.cn,b", "12.5,b", "true,b"]) {
    const found = sample(`${first}\nx,y\n`);
    t.match(found, { code: "CATALOG_FILE_HEADER", line: 1 }, first);
    t.notMatch(JSON.stringify(found), /1301021990|x@y|12\.5/);
  }
});

t.test("a sample that cannot be read is refused with its line", async (t) => {
  t.match(sample("v,w\n1\n"), { code: "CATALOG_FILE_ROW", line: 2 });
  t.match(sample('v,w\n1,2\n1,"x\n'), { code: "CATALOG_FILE_ROW", line: 3 });
  t.match(sample('v,w\n1,"x"y\n'), { code: "CATALOG_FILE_ROW", line: 2 });
  t.match(sample("v,w\n"), { code: "CATALOG_FILE_ROW" });
  t.match(sample(""), { code: "CATALOG_FILE_ROW" });
  t.match(sample(`v,w\n1,${"x".repeat(500)}\n`, { maxLineBytes: 100 }), { code: "CATALOG_FILE_LIMIT" });
  t.match(sample(`v,w\n1,"${"x\n".repeat(200)}`, { maxLineBytes: 100 }), { code: "CATALOG_FILE_LIMIT", line: 2 });
  t.match(sample("a,b,c\n1,2,3\n", { maxColumns: 2 }), { code: "CATALOG_FILE_LIMIT" });
});
