import t from "tap";
import type { IngestColumn, IngestRefused } from "../../src/engine/ingest-messages.ts";
import { createCsvReader } from "../../src/engine/roles/csv-reader.ts";

const limits = { maxBytes: 10_000, maxRows: 100, maxColumns: 10, maxLineBytes: 200, timeoutMs: 1000 };
const columns: readonly IngestColumn[] = [
  { name: "id", type: "VARCHAR", role: "identifier", nullable: false },
  { name: "n", type: "INTEGER", role: "measure", nullable: true },
  { name: "note", type: "VARCHAR", role: "free-text", nullable: true },
];

/** Reads a whole file in chunks of each size; every size must give the same. */
function read(text: string | Uint8Array, declared = columns): { rows: number; text: string } | IngestRefused {
  const bytes = Buffer.from(text);
  let agreed: { rows: number; text: string } | IngestRefused | undefined;
  for (const size of [1, 2, 3, 7, bytes.length + 1]) {
    const reader = createCsvReader(declared, limits);
    let rows = 0;
    let out = "";
    let refused: IngestRefused | undefined;
    for (let at = 0; at <= bytes.length && refused === undefined; at += size) {
      const piece = reader.push(bytes.subarray(at, at + size));
      if ("kind" in piece) refused = piece;
      else {
        rows += piece.rows;
        out += piece.bytes.toString();
      }
    }
    if (refused === undefined) {
      const piece = reader.finish();
      if ("kind" in piece) refused = piece;
      else {
        rows += piece.rows;
        out += piece.bytes.toString();
      }
    }
    const answer = refused ?? { rows, text: out };
    if (agreed !== undefined) t.same(answer, agreed, `chunks of ${size} bytes`);
    agreed = answer;
  }
  return agreed as { rows: number; text: string } | IngestRefused;
}

function where(answer: { rows: number; text: string } | IngestRefused): unknown {
  return "kind" in answer ? [answer.code, answer.line, answer.column] : answer.rows;
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
  t.same(where(refused), ["CATALOG_FILE_ENCODING", 3, undefined]);
  t.match("kind" in refused ? refused.reason : "", /GBK/);
  const early = Buffer.concat([Buffer.from("id,n,note\na,bad,x\nb,2,"), Buffer.from([0xd5, 0xc5]), Buffer.from("\n")]);
  t.equal((read(early) as IngestRefused).line, 2);
  const noHint = read(Buffer.concat([Buffer.from("id,n,note\na,1,"), Buffer.from([0xff, 0xff]), Buffer.from("\n")]));
  t.same(where(noHint), ["CATALOG_FILE_ENCODING", 2, undefined]);
  t.notMatch("kind" in noHint ? noHint.reason : "", /GBK/);
});

t.test("limits on bytes, rows, columns and lines hold", async (t) => {
  t.equal(where(read(`id,n,note\n${"a,1,x\n".repeat(100)}`)), 100);
  t.same(where(read(`id,n,note\n${"a,1,x\n".repeat(101)}`)), ["CATALOG_FILE_LIMIT", 102, undefined]);
  t.same(where(read(`id,n,note\n${`a,1,${"x".repeat(120)}\n`.repeat(95)}`)), ["CATALOG_FILE_LIMIT", undefined, undefined]);
  t.same(where(read(`id,n,note\na,1,${"x".repeat(300)}\n`)), ["CATALOG_FILE_LIMIT", 2, undefined]);
  t.same(
    (read(`id,n,note\na,1,"${"x\n".repeat(150)}`) as IngestRefused).code,
    "CATALOG_FILE_LIMIT",
    "an open quote does not fill memory",
  );
  t.same((read(`${"c,".repeat(20)}c\n`) as IngestRefused).code, "CATALOG_FILE_LIMIT");
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
      t.same((read(`v\n"${value}"\n`, declared) as IngestRefused).code, "CATALOG_FILE_VALUE", `${type} ${value}`);
  }
});
