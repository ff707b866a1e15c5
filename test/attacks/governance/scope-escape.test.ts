import t from "tap";
import type { DraftRequest } from "../../../src/governance/index.ts";
import { visitDeclaration } from "../../catalog/catalog-fixture.ts";
import { openTestGovernance } from "../../governance/governance-fixture.ts";
import { expectValue } from "../../support/value.ts";

const fixture = await openTestGovernance(t);
const { governance, people, resource, catalog, steward } = fixture;
type Scope = DraftRequest["scope"]["resources"][number];
const columns = ["id_card", "doctor", "hospital", "day", "cost"];
const answerTo = (...resources: readonly object[]) =>
  governance.draft(people.operatorAdmin, fixture.request({ scope: { resources: resources as readonly Scope[] } }));

const family = await fixture.newFamily("核心");
const core = expectValue(
  await catalog.declareResource(steward, { ...visitDeclaration, family, grade: "core", name: "pipeline" }),
).id;

const escapes: readonly (readonly [string, readonly object[], string])[] = [
  ["an empty scope", [], "AGREEMENT_RESOURCE_UNKNOWN"],
  ["a resource that is none", [{ resource: "res_00000000000000000000000000", columns }], "AGREEMENT_RESOURCE_UNKNOWN"],
  ["a resource named by SQL", [{ resource: "x' OR '1'='1", columns }], "AGREEMENT_RESOURCE_UNKNOWN"],
  ["a resource named with a NUL", [{ resource: "res_\0", columns }], "AGREEMENT_RESOURCE_UNKNOWN"],
  ["core data", [{ resource: core, columns }], "AGREEMENT_RESOURCE_CORE"],
  [
    "core data beside others",
    [
      { resource, columns },
      { resource: core, columns },
    ],
    "AGREEMENT_RESOURCE_CORE",
  ],
  ["no columns", [{ resource, columns: [] }], "AGREEMENT_COLUMN_UNKNOWN"],
  ["a column that is none", [{ resource, columns: [...columns, "salary"] }], "AGREEMENT_COLUMN_UNKNOWN"],
  ["a column by another case", [{ resource, columns: [...columns, "NOTE"] }], "AGREEMENT_COLUMN_UNKNOWN"],
  ["every column by a star", [{ resource, columns: ["*"] }], "AGREEMENT_COLUMN_UNKNOWN"],
  ["a record key", [{ resource, columns: [...columns, "__rk_id_card"] }], "AGREEMENT_COLUMN_UNKNOWN"],
  ["an inherited property as a column", [{ resource, columns: [...columns, "constructor"] }], "AGREEMENT_COLUMN_UNKNOWN"],
  ["free text", [{ resource, columns: [...columns, "note"] }], "AGREEMENT_COLUMN_FREE_TEXT"],
  ["rows without their owner", [{ resource, columns: ["hospital", "cost"] }], "AGREEMENT_OWNER_KEY_MISSING"],
  ["rows with one of their two owners", [{ resource, columns: ["id_card", "cost"] }], "AGREEMENT_OWNER_KEY_MISSING"],
  ["a table name that is SQL", [{ resource, columns, as: 'v" AS SELECT 1 --' }], "AGREEMENT_TABLE_NAME"],
  ["a table name of the platform's", [{ resource, columns, as: "__r1" }], "AGREEMENT_TABLE_NAME"],
  ["a table name of the engine's", [{ resource, columns, as: "duckdb_tables" }], "AGREEMENT_TABLE_NAME"],
  [
    "one name for two tables",
    [
      { resource, columns },
      { resource, columns },
    ],
    "AGREEMENT_TABLE_NAME",
  ],
  [
    "a filter on a person",
    [{ resource, columns, rowFilter: [{ column: "id_card", op: "<>", value: "130102199901014321" }] }],
    "AGREEMENT_ROW_FILTER",
  ],
  [
    "a filter on a direct identifier",
    [{ resource, columns: [...columns, "phone"], rowFilter: [{ column: "phone", op: "=", value: "1" }] }],
    "AGREEMENT_ROW_FILTER",
  ],
  ["a filter on free text", [{ resource, columns, rowFilter: [{ column: "note", op: "is-null" }] }], "AGREEMENT_ROW_FILTER"],
  [
    "a filter on what is not in scope",
    [{ resource, columns: ["id_card", "doctor"], rowFilter: [{ column: "cost", op: ">", value: 1 }] }],
    "AGREEMENT_ROW_FILTER",
  ],
  [
    "a filter that is SQL",
    [{ resource, columns, rowFilter: [{ column: "hospital", op: "= 1 OR 1", value: 1 }] }],
    "AGREEMENT_ROW_FILTER",
  ],
  [
    "a filter of another type",
    [{ resource, columns, rowFilter: [{ column: "hospital", op: "=", value: "1 OR 1=1" }] }],
    "AGREEMENT_ROW_FILTER",
  ],
];

for (const [what, resources, code] of escapes)
  t.test(`${what} is refused as ${code}, and nothing is written`, async (t) => {
    const before = (await governance.list(people.authority)).length;
    t.match(await answerTo(...resources), { kind: "refused", code });
    t.equal((await governance.list(people.authority)).length, before);
    t.match((await fixture.events()).at(-1), { type: "agreement.drafted", outcome: "refused", code });
  });

t.test("rules looser than the floor are refused by name", async (t) => {
  for (const [rule, value] of [
    ["minOwners", 9],
    ["dominanceShare", 0.95],
    ["pPercent", 5],
  ] as const)
    t.match(await governance.draft(people.operatorAdmin, fixture.request({ releaseRules: { [rule]: value } })), {
      code: "AGREEMENT_RULES_TOO_LOOSE",
      detail: { rule },
    });
});

t.test("a filter keeps only the fields a filter has", async (t) => {
  const rowFilter = [{ column: "hospital", op: "=", value: 7, sql: "1=1" }];
  const { version } = expectValue(await answerTo({ resource, columns, rowFilter }));
  t.same(expectValue(await governance.scopeOf(version.id)).tables[0]?.rowFilter, [{ column: "hospital", op: "=", value: 7 }]);
});
