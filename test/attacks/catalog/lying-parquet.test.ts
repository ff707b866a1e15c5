import { readdir } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { chunksOf, ingestLimits, startEngine } from "../../engine/engine-fixture.ts";
import { parquetOf } from "../../support/parquet.ts";
import {
  binary,
  integer,
  readStruct,
  struct,
  type ThriftStruct,
  type ThriftValue,
  valueAt,
  writeStruct,
} from "../../support/thrift-compact.ts";

const { engine, dataDir } = await startEngine(t);
const output = join(dataDir, "v");
const limits = { ...ingestLimits, maxRows: 5_000_000, timeoutMs: 30_000 };
const columns = [{ name: "v", type: "VARCHAR", role: "attribute", nullable: true }];
const ingest = (bytes: Uint8Array) =>
  engine.ingest({ format: { kind: "parquet" }, columns, subjects: [], output, limits }, chunksOf(bytes));

const honest = await parquetOf("SELECT 'value ' || (i % 50) AS v FROM range(5000) t(i)", "COMPRESSION zstd");
const footerBytes = honest.readUInt32LE(honest.length - 8);
const body = honest.subarray(0, honest.length - 8 - footerBytes);

function closed(data: Uint8Array, footer: Uint8Array, length = footer.length, mark = "PAR1"): Buffer {
  const tail = Buffer.alloc(8, mark.padStart(8));
  tail.writeUInt32LE(length, 0);
  return Buffer.concat([data, footer, tail]);
}

/** The honest file with another footer. */
function withFooter(change: (footer: ThriftStruct) => void): Buffer {
  const { struct: footer } = readStruct(honest.subarray(body.length, body.length + footerBytes));
  change(footer);
  return closed(body, writeStruct(footer));
}

function setInteger(value: ThriftValue, to: number | bigint): void {
  if (value.type !== "integer") throw new Error("no integer there");
  value.value = BigInt(to);
}

// FileMetaData: 2 schema, 3 rows, 4 row groups, 8 encryption. RowGroup: 1 columns, 3 rows. ColumnChunk: 3 its metadata.
const chunk = [4, 0, 1, 0, 3] as const;

/** The honest file with another header on the first page of its column. */
function withPage(field: 9 | 11, change: (page: ThriftStruct) => void): Buffer {
  const { struct: footer } = readStruct(honest.subarray(body.length, body.length + footerBytes));
  const place = valueAt(footer, ...chunk, field);
  if (place.type !== "integer") throw new Error("no page there");
  const at = Number(place.value);
  const { struct: page, length } = readStruct(body.subarray(at));
  change(page);
  const header = writeStruct(page);
  // Only the same number of bytes keeps every other offset true.
  const bytes = Buffer.concat([body.subarray(0, at), header, body.subarray(at + length)]);
  const moved = header.length - length;
  if (field === 11)
    setInteger(valueAt(footer, ...chunk, 9), Number((valueAt(footer, ...chunk, 9) as { value: bigint }).value) + moved);
  return closed(bytes, writeStruct(footer));
}

const lies: Readonly<Record<string, () => Buffer>> = {
  "nothing but the marks": () => Buffer.from("PAR1PAR1"),
  "no mark at the end": () => honest.subarray(0, honest.length - 1),
  "no mark at the beginning": () => Buffer.concat([Buffer.from("CSV!"), honest.subarray(4)]),
  "the mark of an encrypted footer": () => closed(body, honest.subarray(body.length, -8), footerBytes, "PARE"),
  "a footer longer than the file": () => closed(body, honest.subarray(body.length, -8), 0x7fff_ffff),
  "a footer of no bytes": () => closed(body, Buffer.alloc(0)),
  "a footer of noise": () => closed(body, Buffer.alloc(500, 0xf9)),
  "a footer whose list claims two thousand million elements": () =>
    closed(body, Buffer.from([0x15, 0x02, 0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0x00])),
  "columns that are encrypted": () => withFooter((footer) => footer.set(8, struct({ 1: struct({}) }))),
  "fewer rows than there are": () => withFooter((footer) => setInteger(valueAt(footer, 3), 4999)),
  "more rows than there are": () => withFooter((footer) => setInteger(valueAt(footer, 3), 5001)),
  "rows below nothing": () => withFooter((footer) => setInteger(valueAt(footer, 3), -1)),
  "a row group of more rows": () => withFooter((footer) => setInteger(valueAt(footer, 4, 0, 3), 1_000_000)),
  "more values than there are": () => withFooter((footer) => setInteger(valueAt(footer, ...chunk, 5), 1n << 40n)),
  "a page outside of the file": () => withFooter((footer) => setInteger(valueAt(footer, ...chunk, 9), 1n << 45n)),
  "a page before the file": () => withFooter((footer) => setInteger(valueAt(footer, ...chunk, 9), -4096)),
  "a column of negative size": () => withFooter((footer) => setInteger(valueAt(footer, ...chunk, 7), -1)),
  "a codec nobody knows": () => withFooter((footer) => setInteger(valueAt(footer, ...chunk, 4), 77)),
  "a schema with more children than elements": () => withFooter((footer) => setInteger(valueAt(footer, 2, 0, 5), 1_000)),
  "a schema nested 20,000 deep": () =>
    withFooter((footer) => {
      const nested = Array.from({ length: 20_000 }, () => struct({ 3: integer(0, 5), 4: binary("v"), 5: integer(1, 5) }));
      const schema = valueAt(footer, 2);
      if (schema.type === "list") schema.value = [...schema.value.slice(0, 1), ...nested, ...schema.value.slice(1)];
    }),
  "a dictionary that unpacks to two gigabytes": () => withPage(11, (page) => setInteger(valueAt(page, 2), 0x7fff_ffff)),
  "a dictionary packed in more bytes than the file": () => withPage(11, (page) => setInteger(valueAt(page, 3), 0x7fff_ffff)),
  "a dictionary of negative size": () => withPage(11, (page) => setInteger(valueAt(page, 2), -1)),
  "a dictionary of fewer values": () => withPage(11, (page) => setInteger(valueAt(page, 7, 1), 3)),
  "a dictionary of more values": () => withPage(11, (page) => setInteger(valueAt(page, 7, 1), 1_000_000_000)),
  "a data page that unpacks to less": () => withPage(9, (page) => setInteger(valueAt(page, 2), 1)),
  "a data page of fewer values": () => withPage(9, (page) => setInteger(valueAt(page, 5, 1), 17)),
};

t.test("the file that the lies are made from is accepted", async (t) => {
  t.match(await ingest(withFooter(() => undefined)), { kind: "ingested", rows: 5000 });
  t.match(await ingest(withPage(11, () => undefined)), { kind: "ingested", rows: 5000 });
});

t.test("statistics that say all is well hide nothing", async (t) => {
  const file = await parquetOf("SELECT CASE WHEN i = 700 THEN NULL ELSE i END AS v FROM range(5000) t(i)");
  const length = file.readUInt32LE(file.length - 8);
  const data = file.subarray(0, file.length - 8 - length);
  const { struct: footer } = readStruct(file.subarray(data.length, -8));
  const eight = (value: number): ThriftValue => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    return { type: "binary", value: bytes };
  };
  // Statistics: 1 max, 2 min, 3 nulls, 5 max, 6 min.
  const statistics = struct({ 1: eight(100), 2: eight(1), 3: integer(0), 5: eight(100), 6: eight(1) });
  (valueAt(footer, ...chunk) as { value: ThriftStruct }).value.set(12, statistics);
  const lying = closed(data, writeStruct(footer));
  const declared = (type: string, nullable: boolean) => [{ name: "v", type, role: "attribute", nullable }];
  const answerFor = (type: string, nullable: boolean) =>
    engine.ingest(
      { format: { kind: "parquet" }, columns: declared(type, nullable), subjects: [], output: join(dataDir, "s"), limits },
      chunksOf(lying),
    );
  t.match(await answerFor("TINYINT", true), { kind: "refused", code: "CATALOG_FILE_VALUE", row: 129 });
  t.match(await answerFor("BIGINT", false), { kind: "refused", code: "CATALOG_FILE_NULL", row: 701 });
});

t.test("a small file that unpacks to gigabytes is refused before it does", async (t) => {
  const answers = [
    // One long text, a million times: some kilobytes.
    await parquetOf(`SELECT repeat('x', 30000) AS v FROM range(1000000)`, "COMPRESSION zstd"),
    // Texts that differ but pack well.
    await parquetOf(`SELECT repeat('x', 20000) || i AS v FROM range(20000) t(i)`, "COMPRESSION zstd"),
  ];
  for (const bytes of answers) {
    t.comment(`${bytes.length} bytes`);
    t.match(await ingest(bytes), { kind: "refused", code: "CATALOG_FILE_LIMIT", reason: /unpacks to more than/ });
  }
});

t.test("text that is no UTF-8 is refused with its column", async (t) => {
  const file = await parquetOf("SELECT 'value ' || (i % 50) AS v FROM range(5000) t(i)", "COMPRESSION uncompressed");
  file[file.indexOf("value 7")] = 0xff;
  t.match(await ingest(file), { kind: "refused", code: "CATALOG_FILE_ENCODING", column: "v" });
});

// Each in a process of its own; two of them at a time.
const open = Object.entries(lies);
const told = new Map<string, unknown>();
async function tellNext(): Promise<void> {
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const [lie, make] = next;
    const request = {
      format: { kind: "parquet" },
      columns,
      subjects: [],
      output: join(dataDir, `lie-${told.size}`),
      limits,
    } as const;
    told.set(lie, await engine.ingest(request, chunksOf(make())));
  }
}
await Promise.all([tellNext(), tellNext()]);

for (const [lie, answer] of told)
  t.test(`a Parquet file with ${lie} is refused`, async (t) => {
    t.match(answer, { kind: "refused", code: /^CATALOG_FILE_(UNREADABLE|LIMIT|HEADER)$/ });
    t.notMatch(JSON.stringify(answer), /value \d|\/tmp|duckdb/i);
  });

t.test("no lie leaves anything behind", async (t) => {
  t.equal(told.size, Object.keys(lies).length);
  t.same((await readdir(dataDir)).sort(), ["engine", "v"]);
  t.same(await readdir(join(dataDir, "engine", "own", "tmp")), []);
});
