import { DuckDBInstance } from "@duckdb/node-api";
import t from "tap";
import { refusedFunctions } from "../../../src/policy/query/catalogue/refused.ts";
import { refusedTableFunctions, tableFunctions } from "../../../src/policy/query/catalogue/table-functions.ts";
import { functionCatalogue } from "../../../src/policy/query/index.ts";

/** In the catalogue, though the engine's list has them as words of the language or as functions over windows only. */
const words = ["coalesce", "try", "grouping", "[]", "[:]", ".", "collate", "unnest"];

t.test(
  "every function, aggregate and macro of the engine is in the catalogue or refused for a reason, and nothing else",
  async (t) => {
    const connection = await (await DuckDBInstance.create(":memory:")).connect();
    t.teardown(() => connection.closeSync());
    const reader = await connection.runAndReadAll(
      "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE function_type IN ('scalar', 'aggregate', 'macro')",
    );
    const engine = new Set(reader.getRowsJson().map(([name]) => String(name)));
    const known = new Set(Object.keys(functionCatalogue));
    const refused = new Set(Object.keys(refusedFunctions));
    t.same(
      [...engine].filter((name) => !known.has(name) && !refused.has(name)),
      [],
      "unseen",
    );
    t.same(
      [...known].filter((name) => !engine.has(name) && !words.includes(name)),
      [],
      "gone",
    );
    t.same(
      [...refused].filter((name) => !engine.has(name)),
      [],
      "refused, but gone",
    );
    t.same(
      [...known].filter((name) => refused.has(name)),
      [],
      "both",
    );
  },
);

t.test("nothing that the engine calls volatile or bound to one query is taken", async (t) => {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  t.teardown(() => connection.closeSync());
  const reader = await connection.runAndReadAll(
    "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE stability IN ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')",
  );
  const names = reader.getRowsJson().map(([name]) => String(name));
  t.ok(names.includes("random") && names.includes("now"));
  t.same(
    names.filter((name) => Object.hasOwn(functionCatalogue, name)),
    [],
  );
});

t.test("every function of rows is taken or refused for a reason, and nothing else", async (t) => {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  t.teardown(() => connection.closeSync());
  const reader = await connection.runAndReadAll(
    "SELECT DISTINCT lower(function_name) AS f FROM duckdb_functions() WHERE function_type IN ('table', 'table_macro') ORDER BY f",
  );
  const engine = reader.getRowsJson().map(([name]) => String(name));
  const known = new Set([...tableFunctions.keys(), ...Object.keys(refusedTableFunctions)]);
  t.same(
    engine.filter((name) => !known.has(name)),
    [],
    "unseen",
  );
  t.equal(known.size, tableFunctions.size + Object.keys(refusedTableFunctions).length, "none is both");
  t.same(
    [...known].filter((name) => !engine.includes(name)),
    [],
    "gone",
  );
});
