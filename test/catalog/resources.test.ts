import t from "tap";
import { expectValue } from "../support/value.ts";
import { openTestCatalog, visitDeclaration } from "./catalog-fixture.ts";

const fixture = await openTestCatalog(t);
const { catalog, steward, otherSteward } = fixture;
const family = await fixture.newFamily("就诊与参保");

t.test("a family has a title of its own", async (t) => {
  t.match(await catalog.createFamily(otherSteward, { title: " 就诊与参保 " }), { code: "CATALOG_FAMILY_EXISTS" });
  t.match(await catalog.createFamily(otherSteward, { title: "\u200b" }), { code: "CATALOG_TEXT_INVALID" });
  t.match(await catalog.listFamilies(), [{ id: family, title: "就诊与参保" }]);
});

t.test("a declared resource belongs to the caller's source unit, and every reader sees its declaration", async (t) => {
  const made = expectValue(await catalog.declareResource(steward, { ...visitDeclaration, family }));
  t.equal(made.sourceUnit, steward.organisation);
  const seen = expectValue(await catalog.findResource(otherSteward, made.id));
  t.same(seen.versions, []);
  t.match(seen, { name: "visit", grade: "general-3", subjects: visitDeclaration.subjects });
  t.same(await catalog.resource(made.id), { ...made, columns: JSON.parse(JSON.stringify(made.columns)) });
  const event = (await fixture.events()).find(({ type, object }) => type === "resource.declared" && object === made.id);
  t.match(event, { outcome: "done", from: [family], links: { sourceUnit: steward.organisation }, actor: { id: steward.id } });
});

t.test("a family has each name once", async (t) => {
  t.match(await catalog.declareResource(otherSteward, { ...visitDeclaration, family }), { code: "CATALOG_RESOURCE_EXISTS" });
  const elsewhere = await fixture.newFamily("税务");
  expectValue(await catalog.declareResource(otherSteward, { ...visitDeclaration, family: elsewhere }));
});

t.test("only people of a source unit declare", async (t) => {
  await fixture.populate("authority", "省数据局", { officer: ["authority-officer"] });
  const officer = await fixture.signIn("officer");
  t.match(await catalog.declareResource(officer, { ...visitDeclaration, family, name: "other" }), {
    code: "CATALOG_SOURCE_UNIT_REQUIRED",
  });
});

t.test("text that is no id finds nothing and breaks nothing", async (t) => {
  const unknown = fixture.ids.make("family");
  for (const id of [unknown, "fam_", "x\0y", "' OR 1=1 --", "\ud800"]) {
    t.match(await catalog.declareResource(steward, { ...visitDeclaration, name: "other", family: id }), {
      code: "CATALOG_FAMILY_NOT_FOUND",
    });
    t.match(await catalog.findResource(steward, id), { code: "CATALOG_RESOURCE_NOT_FOUND" });
    t.equal(await catalog.resource(id), undefined);
  }
});

t.test("what is refused is recorded, and changes nothing", async (t) => {
  const before = (await catalog.listResources(steward)).length;
  const refused = await catalog.declareResource(steward, { ...visitDeclaration, family, name: "Bad Name" });
  t.match(refused, { kind: "refused", code: "CATALOG_NAME_INVALID" });
  t.equal((await catalog.listResources(steward)).length, before);
  t.match((await fixture.events()).at(-1), { type: "resource.declared", outcome: "refused", code: "CATALOG_NAME_INVALID" });
});
