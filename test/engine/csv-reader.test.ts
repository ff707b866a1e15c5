import t from "tap";
import type { CsvFormat, IngestColumn, IngestProblem } from "../../src/engine/ingest-messages.ts";
import { createCsvReader } from "../../src/engine/roles/csv-reader.ts";
import { createProblemList } from "../../src/engine/roles/problem-list.ts";

const limits = { maxBytes: 10_000, maxRows: 100, maxColumns: 10, maxLineBytes: 200, maxFieldBytes: 150 };
const columns: readonly IngestColumn[] = [
  { name: "id", type: "VARCHAR", role: "identifier", nullable: false },
  { name: "n", type: "INTEGER", role: "measure", nullable: true },
  { name: "note", type: "VARCHAR", role: "free-text", nullable: true },
];

interface Found {
  readonly rows: number;
  readonly text: string;
  readonly problems: readonly IngestProblem[];
}

interface Reading {
  readonly declared?: readonly IngestColumn[];
  readonly charset?: CsvFormat["charset"];
  readonly maxProblems?: number;
  readonly rowsBefore?: number;
}

/** Reads a whole file in chunks of each size; every size must give the same. */
function readAll(
  text: string | Uint8Array,
  { declared = columns, charset = "utf-8", maxProblems = 100, rowsBefore = 0 }: Reading,
): Found {
  const bytes = Buffer.from(text);
  let agreed: Found | undefined;
  for (const size of [1, 2, 3, 7, bytes.length + 1]) {
    const problems = createProblemList(maxProblems);
    const reader = createCsvReader({ declared, charset, limits, rowsBefore, problems });
    let out = "";
    for (let at = 0; at <= bytes.length && !problems.isClosed(); at += size)
      out += reader.push(bytes.subarray(at, at + size)).bytes.toString();
    out += reader.finish().bytes.toString();
    // How far a file of too many bytes was read is the chunks' affair.
    const isCut = problems.found.some(({ line }) => line === undefined);
    const found = { rows: isCut ? 0 : reader.rows(), text: problems.found.length === 0 ? out : "", problems: problems.found };
    if (agreed !== undefined) t.same(found, agreed, `chunks of ${size} bytes`);
    agreed = found;
  }
  return agreed as Found;
}

/** The rows and their text, or the first problem. */
function read(text: string | Uint8Array, declared = columns, charset: CsvFormat["charset"] = "utf-8") {
  const { rows, text: out, problems } = readAll(text, { declared, charset, maxProblems: 1 });
  return problems[0] ?? { rows, text: out };
}

function where(answer: { rows: number; text: string } | IngestProblem): unknown {
  return "code" in answer ? [answer.code, answer.line, answer.column] : answer.rows;
}

t.test("well-formed files pass as they are, whatever the chunks", async (t) => {
  t.same(read("id,n,note\na,1,x\nb,,\n"), { rows: 2, text: "a,1,x\nb,,\n" });
  t.same(read("id,n,note\r\na,1,x\r\nb,-2,\r\n"), { rows: 2, text: "a,1,x\r\nb,-2,\r\n" });
  t.same(read("\ufeffid,n,note\na,1,x"), { rows: 1, text: "a,1,x\n" }, "byte order mark, no last line end");
  t.same(read('note,id,n\n"he said ""hi"", twice\nover",b,3\n'), { rows: 1, text: '"he said ""hi"", twice\nover",b,3\n' });
  t.same(read('id,n,note\n"a",1,""\n'), { rows: 1, text: '"a",1,""\n' }, "an empty quoted text is a text");
  t.same(read('"id","n","note"\na,1,张三\n'), { rows: 1, text: "a,1,张三\n" });
  t.same(read('id,n,note\n"a",1,x'), { rows: 1, text: '"a",1,x\n' });
  t.same(read('id,n,note\na,1,"x"'), { rows: 1, text: 'a,1,"x"\n' });
});

t.test("malformed files are refused with line and column", async (t) => {
  t.same(where(read("")), ["CATALOG_FILE_HEADER", 1, undefined]);
  t.same(where(read("id,n\n")), ["CATALOG_FILE_HEADER", 1, "note"]);
  t.same(where(read("id,n,note,secret\n")), ["CATALOG_FILE_HEADER", 1, undefined]);
  t.same(where(read("id,n,note,n\n")), ["CATALOG_FILE_HEADER", 1, "n"]);
  t.same(where(read("a,1,x\nb,2,y\n")), ["CATALOG_FILE_HEADER", 1, undefined], "the header was forgotten");
  t.same(where(read("id,n,note\na,1,x\nb,2\n")), ["CATALOG_FILE_ROW", 3, undefined]);
  t.same(where(read("id,n,note\na,1,x,y\n")), ["CATALOG_FILE_ROW", 2, undefined]);
  t.same(where(read("id,n,note\na,1,x\n\nb,2,y\n")), ["CATALOG_FILE_ROW", 3, undefined]);
  t.same(where(read('id,n,note\na,1,x"y\n')), ["CATALOG_FILE_ROW", 2, undefined]);
  t.same(where(read('id,n,note\na,1,"x"y\n')), ["CATALOG_FILE_ROW", 2, undefined]);
  t.same(where(read('id,n,note\na,1,"x\nb,2,y\n')), ["CATALOG_FILE_ROW", 2, undefined]);
  t.same(where(read("id,n,note\na,1,x\r\n")), ["CATALOG_FILE_ROW", 2, undefined], "mixed line ends");
  t.same(where(read("id,n,note\na,1,x\rb,2,y\n")), ["CATALOG_FILE_ROW", 2, undefined], "a lone carriage return");
  t.same(where(read("id,n,note\na,1,x\nb,twelve,y\n")), ["CATALOG_FILE_VALUE", 3, "n"]);
  t.same(where(read('id,n,note\na,1,"x\ny"\nb,twelve,y\n')), ["CATALOG_FILE_VALUE", 4, "n"], "lines count, not records");
  t.same(where(read("id,n,note\n,1,x\n")), ["CATALOG_FILE_NULL", 2, "id"]);
  t.same(where(read('id,n,note\na,"",x\n')), ["CATALOG_FILE_NULL", 2, "n"]);
  t.same(where(read("id,n,note\na,1,x\0y\n")), ["CATALOG_FILE_VALUE", 2, "note"]);
});

t.test("bytes that are not UTF-8 are refused with their line, after earlier problems", async (t) => {
  const gbk = Buffer.concat([
    Buffer.from("id,n,note\na,1,x\nb,2,"),
    Buffer.from([0xd5, 0xc5, 0xc8, 0xfd]),
    Buffer.from("\nc,3,z\n"),
  ]);
  const refused = read(gbk);
  t.same(where(refused), ["CATALOG_FILE_ENCODING", 3, "note"]);
  t.match("code" in refused ? refused.reason : "", /GBK/);
  const early = Buffer.concat([Buffer.from("id,n,note\na,bad,x\nb,2,"), Buffer.from([0xd5, 0xc5]), Buffer.from("\n")]);
  t.equal((read(early) as IngestProblem).line, 2);
  const noHint = read(Buffer.concat([Buffer.from("id,n,note\na,1,"), Buffer.from([0xff, 0xff]), Buffer.from("\n")]));
  t.same(where(noHint), ["CATALOG_FILE_ENCODING", 2, "note"]);
  t.notMatch("code" in noHint ? noHint.reason : "", /GBK/);
});

/** GB18030 bytes of a text; every character stands in the table. */
const inGb18030: Readonly<Record<string, readonly number[]>> = {
  张: [0xd5, 0xc5],
  三: [0xc8, 0xfd],
  丂: [0x81, 0x40],
  "€": [0xa2, 0xe3],
  "\u0080": [0x81, 0x30, 0x81, 0x30],
  𠀀: [0x95, 0x32, 0x82, 0x36],
};
const gb18030 = (text: string): Buffer =>
  Buffer.concat(Array.from(text, (character) => Buffer.from(inGb18030[character] ?? Buffer.from(character, "ascii"))));

t.test("GB18030 is read as the same text, whatever the chunks: two bytes, four bytes, any trail byte", async (t) => {
  const text = 'id,n,note\na,1,张三丂€\u0080𠀀\nb,,"三,""丂""\n张"\n';
  const encoded = gb18030(text);
  t.same(read(encoded, columns, "gb18030"), { rows: 2, text: text.slice(10) });
  const marked = Buffer.concat([Buffer.from([0x84, 0x31, 0x95, 0x33]), encoded]);
  t.same(read(marked, columns, "gb18030"), { rows: 2, text: text.slice(10) }, "with GB18030's own byte order mark");
});

t.test("bytes that are no GB18030 are refused with line, column and character, and swallow no structure", async (t) => {
  const bad: readonly (readonly [string, readonly number[]])[] = [
    ["a lead byte before a comma", [0xd5]],
    ["a lead byte before a quote", [0xd5, 0x22]],
    ["0xFF", [0xff]],
    ["a trail byte that is none", [0x81, 0x7f]],
    ["four bytes cut short", [0x81, 0x30, 0x81]],
    ["four bytes of no character", [0xfe, 0x39, 0xfe, 0x39]],
  ];
  for (const [name, bytes] of bad) {
    const file = Buffer.concat([gb18030("id,n,note\nz,1,x\na,2,张三"), Buffer.from(bytes), gb18030(",z\nb,3,y\n")]);
    const refused = read(file, columns, "gb18030");
    t.same(where(refused), ["CATALOG_FILE_ENCODING", 3, "note"], name);
    t.match("code" in refused ? refused.reason : "", /not GB18030 from its character 7 on$/, name);
  }
  const atLineEnd = Buffer.concat([gb18030("id,n,note\na,1,"), Buffer.from([0xd5]), gb18030("\nb,2,y\n")]);
  t.same(where(read(atLineEnd, columns, "gb18030")), ["CATALOG_FILE_ENCODING", 2, "note"], "a lead byte before a line end");
  const cut = Buffer.concat([gb18030("id,n,note\na,1,"), Buffer.from([0xd5])]);
  t.same(where(read(cut, columns, "gb18030")), ["CATALOG_FILE_ENCODING", 2, "note"], "a lead byte at the end of the file");
});

t.test("a file declared in one charset and written in another is refused with a hint", async (t) => {
  const reasonOf = (answer: ReturnType<typeof read>) => ("code" in answer ? `${answer.code} ${answer.reason}` : "accepted");
  t.match(reasonOf(read("\ufeffid,n,note\na,1,张\n", columns, "gb18030")), /ENCODING .*mark of UTF-8/);
  t.match(reasonOf(read("id,n,note\na,1,张\n", columns, "gb18030")), /ENCODING .*look like UTF-8/);
  t.match(reasonOf(read(gb18030("id,n,note\na,1,张\n"))), /ENCODING .*charset=gb18030/);
  const wide = Buffer.from("id,n,note\na,1,x\n", "utf16le");
  for (const charset of ["utf-8", "gb18030"] as const) {
    t.match(reasonOf(read(Buffer.concat([Buffer.from([0xff, 0xfe]), wide]), columns, charset)), /ENCODING/, "UTF-16 with mark");
    t.match(reasonOf(read(wide, columns, charset)), /HEADER/, "UTF-16 without");
  }
  t.match(
    reasonOf(read(Buffer.concat([Buffer.from("id,n,note\na,1,"), Buffer.from([0xc0, 0xa2]), Buffer.from("\n")]))),
    /ENCODING/,
    "an overlong quote",
  );
  t.match(
    reasonOf(read(Buffer.concat([Buffer.from("id,n,note\na,1,"), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from("\n")]))),
    /ENCODING/,
    "a surrogate",
  );
  t.same(read("id,n,note\na,1,+AGE-\n"), { rows: 1, text: "a,1,+AGE-\n" }, "UTF-7 is the text that it looks like");
});

t.test("a check goes on after a problem and tells each with its place", async (t) => {
  const text = Buffer.concat([
    Buffer.from('id,n,note\n,1,x\nb,two,y,z\nc,3\nd,4,q"r\ne,5,'),
    Buffer.from([0xff]),
    Buffer.from('\n\n"f\ng",6,x\nh,"",x\ni,7,"open\n'),
  ]);
  const { rows, problems } = readAll(text, {});
  t.same(
    problems.map(({ code, line, column }) => [code.slice(13), line, column]),
    [
      ["NULL", 2, "id"],
      ["VALUE", 3, "n"],
      ["ROW", 3, undefined],
      ["ROW", 4, undefined],
      ["ROW", 5, undefined],
      ["ENCODING", 6, "note"],
      ["ROW", 7, undefined],
      ["NULL", 10, "n"],
      ["ROW", 11, undefined],
    ],
  );
  t.equal(rows, 9);
  t.notMatch(JSON.stringify(problems), /two|q.?r|open/, "no value is repeated");
});

t.test("a check tells as many problems as are wanted and no more", async (t) => {
  const { problems } = readAll(`id,n,note\n${"a,x,\n".repeat(50)}`, { maxProblems: 7 });
  t.equal(problems.length, 7);
});

t.test("rows of the version appended to count", async (t) => {
  const file = "id,n,note\na,1,x\nb,1,x\n";
  t.equal(readAll(file, { rowsBefore: 98 }).problems.length, 0);
  t.match(readAll(file, { rowsBefore: 99 }).problems, [{ code: "CATALOG_FILE_LIMIT", line: 3 }]);
});

t.test("limits on bytes, rows, columns and lines hold", async (t) => {
  t.equal(where(read(`id,n,note\n${"a,1,x\n".repeat(100)}`)), 100);
  t.same(where(read(`id,n,note\n${"a,1,x\n".repeat(101)}`)), ["CATALOG_FILE_LIMIT", 102, undefined]);
  t.same(where(read(`id,n,note\n${`a,1,${"x".repeat(120)}\n`.repeat(95)}`)), ["CATALOG_FILE_LIMIT", undefined, undefined]);
  t.same(where(read(`id,n,note\na,1,${"x".repeat(300)}\n`)), ["CATALOG_FILE_LIMIT", 2, undefined]);
  t.same(
    (read(`id,n,note\na,1,"${"x\n".repeat(150)}`) as IngestProblem).code,
    "CATALOG_FILE_LIMIT",
    "an open quote does not fill memory",
  );
  t.same((read(`${"c,".repeat(20)}c\n`) as IngestProblem).code, "CATALOG_FILE_LIMIT");
  t.same(where(read(`id,n,note\na,1,${"x".repeat(151)}\n`)), ["CATALOG_FILE_LIMIT", 2, "note"]);
  t.same(
    where(read(gb18030(`id,n,note\na,1,${"张".repeat(51)}\n`), columns, "gb18030")),
    ["CATALOG_FILE_LIMIT", 2, "note"],
    "as UTF-8",
  );
});

t.test("values are lexically of their type: nothing is rounded or guessed", async (t) => {
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["TINYINT", ["0", "-128", "127", "007"], ["128", "-129", "1.0", "1e2", "+1", " 1", "-", "0x1"]],
    ["INTEGER", ["2147483647", "-2147483648"], ["2147483648", "9".repeat(150)]],
    ["BIGINT", ["9223372036854775807", "-9223372036854775808"], ["9223372036854775808"]],
    ["DECIMAL(5,2)", ["123.45", "-123.4", "0001.1", "5"], ["1234", "1.234", ".5", "5.", "1e2", "NaN"]],
    ["DOUBLE", ["1", "-1.5e10", ".5", "5.", "1E-3"], ["NaN", "inf", "1e999", "1,5", "0x10", "e5"]],
    ["BOOLEAN", ["true", "FALSE", "1", "0"], ["yes", "t", "2", "True story"]],
    [
      "DATE",
      ["2024-02-29", "1900-12-31", "0001-01-01"],
      ["2023-02-29", "1900-02-29", "2024-13-01", "2024-1-1", "2024-01-00", "24-01-01", "2024/01/01", "2024-01-01x", "2024-04-31"],
    ],
    [
      "TIMESTAMP",
      ["2024-01-01 10:00:00", "2024-01-01T23:59:59.123456", "2024-01-01", "2024-01-01 10:00"],
      ["2024-01-01 24:00:00", "2024-01-01 10:60", "2024-01-01 10:00:00Z", "2024-01-01 10:00:00.1234567", "10:00"],
    ],
  ];
  for (const [type, good, bad] of cases) {
    const declared = [{ name: "v", type, role: "attribute", nullable: false }];
    for (const value of good) t.equal(where(read(`v\n${value}\n`, declared)), 1, `${type} ${value}`);
    for (const value of bad)
      t.same((read(`v\n"${value}"\n`, declared) as IngestProblem).code, "CATALOG_FILE_VALUE", `${type} ${value}`);
  }
});
