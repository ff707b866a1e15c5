import t from "tap";
import { expectValue } from "../support/value.ts";
import { openTestGovernance } from "./governance-fixture.ts";

const fixture = await openTestGovernance(t);
const { governance, people, catalog, steward, request } = fixture;
const family = await fixture.newFamily("行政区划");
const columns = ["code", "year", "area"].map((name) => ({ name, type: "INTEGER", role: "attribute" as const }));
const declaration = { family, name: "region", title: "区划", grade: "public", columns, subjects: [] };
const { id: resource } = expectValue(await catalog.declareResource(steward, { ...declaration, keys: [["code", "year"]] }));

t.test("statements see the declared key of a public table", async (t) => {
  const scope = { resources: [{ resource, columns: ["year", "code"] }] };
  const { id, schema } = expectValue(await governance.draft(people.operatorAdmin, request({ scope })));
  t.match(schema.tables, [{ name: "region", keys: [["code", "year"]] }]);
  t.same(expectValue(await governance.findForActor(people.officer, id)).schema, schema);
});

t.test("a key that is not in scope whole is no key: its columns may repeat", async (t) => {
  const scope = { resources: [{ resource, columns: ["code", "area"] }] };
  const { schema } = expectValue(await governance.draft(people.operatorAdmin, request({ scope })));
  t.same(schema.tables[0]?.keys, []);
});
