import t from "tap";
import { readSchema } from "../../src/cli/schema-file.ts";
import { createNotes } from "../../src/cli/schema-notes.ts";
import { readColumnType } from "../../src/cli/schema-types.ts";

function read(value: unknown) {
  const notes = createNotes();
  const { schema, mode } = readSchema(value, notes);
  return { schema, mode, errors: notes.errors, remarks: notes.remarks };
}

const id = { type: "BIGINT", role: "identifier" };
const subjects = [{ kind: "person", column: "id", unique: true }];
const person = (fields: object, columns: object = {}) => ({
  tables: { person: { grade: "protected", subjects, columns: { id, ...columns }, ...fields } },
});

const none = { conditions: undefined, grid: undefined, step: undefined, prefixLength: undefined };

t.test("a schema file says the agreement's schema", async (t) => {
  const value = person(
    {},
    {
      income: { type: "decimal(12, 2)", role: "measure", grid: 1000 },
      born: { type: "date", role: "quasi-identifier", conditions: ["range"], step: "month" },
    },
  );
  const { schema, mode, errors, remarks } = read({
    mode: "exact",
    tables: { ...value.tables, town: { grade: "public", columns: { t: { type: "text" } }, keys: [["T"]] } },
  });
  t.same([mode, errors, remarks], ["exact", [], []]);
  t.same(schema.tables, [
    {
      name: "person",
      grade: "protected",
      subjects,
      columns: [
        { name: "id", type: "BIGINT", role: "identifier" },
        { name: "income", type: "DECIMAL(12,2)", role: "measure", ...none, grid: 1000 },
        { name: "born", type: "DATE", role: "quasi-identifier", ...none, conditions: ["range"], step: "month" },
      ],
      keys: undefined,
    },
    {
      name: "town",
      grade: "public",
      subjects: [],
      columns: [{ name: "t", type: "VARCHAR", role: "attribute" }],
      keys: [["t"]],
    },
  ]);
});

t.test("what is wrong is told with table, column and what is accepted", async (t) => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [[], /^is no object; accepted: \{"tables"/],
    [{}, /^"tables" is missing/],
    [{ ...person({}), mode: "open" }, /^"mode" is "open"; accepted: exact/],
    [{ tables: {} }, /^has no "tables"/],
    [{ tables: { t: [] } }, /^table "t": is no object/],
    [{ tables: { t: { columns: { c: { type: "INT" } } } } }, /^table "t": "grade" is missing; accepted: public, protected/],
    [person({ grade: "secret" }), /^table "person": "grade" is "secret"; accepted: public, protected/],
    [person({ grade: "public" }), /^table "person": is public and has "subjects"/],
    [person({ subjects: undefined }), /^table "person": is protected and has no "subjects"/],
    [person({ subjects: {} }), /^table "person": "subjects" is no list/],
    [person({ subjects: [1] }), /^table "person": "subjects" is no object/],
    [person({ subjects: [{ kind: "Person", column: "id" }] }), /^table "person": "subjects": the kind is "Person"/],
    [person({ subjects: [{ kind: "person", column: "no" }] }), /^table "person": "subjects": "no" is no column; accepted: id/],
    [person({ subjects: [{ kind: "person", column: 1 }] }), /"subjects": 1 is no column/],
    [person({ subjects: [{ kind: "person", column: "id", unique: "yes" }] }), /"unique" is "yes"; accepted: true/],
    [person({ subjects: [...subjects, ...subjects] }), /"subjects": "id" stands twice/],
    [person({ columns: {} }), /^table "person": has no "columns"/],
    [person({ columns: undefined }), /^table "person": "columns" is missing/],
    [person({}, { c: 1 }), /^table "person", column "c": is no object/],
    [person({}, { c: { type: "MONEY", role: "measure" } }), /^table "person", column "c": "type" is "MONEY"; accepted: BOOLEAN/],
    [person({}, { c: { role: "measure" } }), /^table "person", column "c": "type" is missing; accepted/],
    [person({}, { c: { type: "INT" } }), /^table "person", column "c": "role" is missing; accepted: identifier, quasi-id/],
    [person({}, { c: { type: "INT", role: "toString" } }), /"role" is "toString"; accepted: identifier/],
    [person({}, { c: { type: "INT", role: "measure", grid: 0 } }), /^table "person", column "c": "grid" is 0; accepted/],
    [person({}, { c: { type: "INT", role: "measure", grid: "1" } }), /"grid" is "1"; accepted: a number above 0/],
    [person({ keys: [["no"]] }), /^table "person": "keys" has \["no"\]; accepted: lists of columns/],
    [person({ keys: "id" }), /^table "person": "keys" has "id"; accepted/],
    [person({ keys: [[1]] }), /"keys" has \[1\]/],
    [
      person({}, { c: { type: "INT", role: "attribute", conditions: ["guess"] } }),
      /"conditions" is \["guess"\]; accepted: a list of eq/,
    ],
    [
      person({}, { c: { type: "DATE", role: "attribute", conditions: ["range"], step: "hour" } }),
      /"step" is "hour"; accepted: day/,
    ],
    [
      person({}, { c: { type: "DATE", role: "attribute", conditions: ["range"] } }),
      /^table "person", column "c": what .* a step/,
    ],
    [person({}, { c: { type: "TEXT", role: "attribute", conditions: ["prefix"], prefixLength: -1 } }), /"prefixLength" is -1/],
    [person({}, { ID: id }), /^table "person": "id" and "ID" are one name to SQL/],
    [{ tables: { ...person({}).tables, PERSON: person({}).tables.person } }, /^"person" and "PERSON" are one name to SQL/],
    [person({}, { __rk_id: id }), /^table "person", column "__rk_id": the name is the platform's/],
    [person({}, { rowid: id }), /^table "person", column "rowid": the name is the platform's/],
    [{ tables: { duckdb_tables: person({}).tables.person } }, /^table "duckdb_tables": the name is/],
    [person({}, { "": id }), /^table "person", column "": a name has 1 to 63/],
    [person({}, { "a\0": id }), /a name has 1 to 63 visible characters/],
  ];
  for (const [value, message] of cases) t.match(read(value).errors[0], message, JSON.stringify(value));
});

t.test("every error of a file is told, not the first alone", async (t) => {
  const { errors } = read(person({ grade: "x" }, { a: { type: "A", role: "b" }, c: { type: "INT", role: "d" } }));
  t.equal(errors.length, 4);
});

t.test("what is ignored is said, and loosens nothing", async (t) => {
  const { schema, errors, remarks } = read({
    ...person(
      { owner: "x", keys: [["id"]] },
      { c: { type: "INT", role: "attribute", grid: 5, rol: "measure" }, id: { type: "INT", role: "measure" } },
    ),
    version: 1,
  });
  t.same(errors, []);
  t.match(remarks, [
    /^"version" is no field here/,
    /^table "person": "owner" is no field here/,
    /^table "person": has "keys", which mean something in a public table only/,
    /^table "person", column "id": is a key of its table's subjects, and so taken as an identifier/,
    /^table "person", column "c": "rol" is no field here and is ignored; known: type, role, grid, conditions/,
    /^table "person", column "c": has a "grid"/,
  ]);
  t.match(schema.tables[0]?.columns, [{ role: "identifier" }, { role: "attribute", grid: undefined }]);
  const open = read({ tables: { t: { grade: "public", columns: { c: { type: "INT", role: "measure", grid: 5 } } } } });
  t.match(open.remarks, [/^table "t", column "c": is a column of a public table/]);
  t.same(open.schema.tables[0]?.columns, [{ name: "c", type: "INTEGER", role: "measure" }]);
});

t.test("the engine's other names of a type are read as its own", async (t) => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["int", "INTEGER"],
    ["Int8", "BIGINT"],
    ["double  precision", "DOUBLE"],
    ["real", "FLOAT"],
    ["text", "VARCHAR"],
    ["varchar(20)", "VARCHAR"],
    ["character varying (20)", "VARCHAR"],
    ["numeric(15, 2)", "DECIMAL(15,2)"],
    ["decimal", "DECIMAL(18,3)"],
    ["DEC(7)", "DECIMAL(7,0)"],
    ["datetime", "TIMESTAMP"],
    ["timestamptz", "TIMESTAMP WITH TIME ZONE"],
    ["int[]", "INTEGER[]"],
    ["text[3][]", "VARCHAR[3][]"],
    ["decimal(39,0)", undefined],
    ["decimal(0)", undefined],
    ["decimal(2,3)", undefined],
    ["money[]", undefined],
    ["INTEGER); DROP TABLE x; --", undefined],
    ["INTEGER DEFAULT 1", undefined],
    ["", undefined],
  ];
  for (const [written, type] of cases) t.equal(readColumnType(written), type, written);
});
