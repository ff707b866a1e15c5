import t from "tap";
import { parseColumnType } from "../../src/catalog/column-type.ts";
import { parseColumnType as parseEngineType } from "../../src/engine/column-type.ts";

const accepted = [
  "VARCHAR",
  "BOOLEAN",
  "TINYINT",
  "SMALLINT",
  "INTEGER",
  "BIGINT",
  "DOUBLE",
  "DATE",
  "TIMESTAMP",
  "DECIMAL(1,0)",
  "DECIMAL(18,2)",
  "DECIMAL(38,38)",
  "decimal( 9 , 3 )",
  " date ",
];

t.test("whatever the catalogue accepts, in its canonical text, the engine accepts as the same type", async (t) => {
  for (const text of accepted) {
    const type = parseColumnType(text);
    t.equal(parseEngineType(type?.text ?? "")?.sql, type?.text, text);
  }
});

t.test("nested types, aliases and expressions are no column types", async (t) => {
  for (const text of [
    "INT",
    "TEXT",
    "HUGEINT",
    "INTEGER[]",
    "STRUCT(a INT)",
    "DECIMAL",
    "DECIMAL(10)",
    "DECIMAL(0,0)",
    "DECIMAL(-1,0)",
    "ENUM('a')",
    "VARCHAR COLLATE x",
    "DATE,x",
    "",
  ])
    t.equal(parseColumnType(text), undefined, text);
});
