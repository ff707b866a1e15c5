import t from "tap";
import { countyLabel, hebeiCounties } from "../../scripts/demo/hebei-counties.ts";

t.test("Hebei has 167 county-level divisions in eleven cities, in the order of their codes", async (t) => {
  t.equal(hebeiCounties.length, 167);
  const codes = hebeiCounties.map(({ code }) => code);
  t.ok(codes.every((code, place) => place === 0 || code > (codes[place - 1] ?? "")));
  t.equal(new Set(codes.map((code) => code.slice(0, 4))).size, 11);
  for (const { code, name } of hebeiCounties) {
    if (!/^13(0[1-9]|1[01])[0-9]{2}$/.test(code) || !/^\p{Script=Han}{1,9}[县区市]$/u.test(name)) t.fail(code + name);
  }
});

t.test("districts number 49, cities 21, counties 91, autonomous counties 6", async (t) => {
  const count = (pattern: RegExp) => hebeiCounties.filter(({ name }) => pattern.test(name)).length;
  t.equal(count(/区$/), 49);
  t.equal(count(/市$/), 21);
  t.equal(count(/自治县$/), 6);
  t.equal(count(/(?<!自治)县$/), 91);
});

t.test("a county's label is unique though two districts share a name", async (t) => {
  t.ok(new Set(hebeiCounties.map(({ name }) => name)).size < 167);
  t.equal(new Set(hebeiCounties.map(countyLabel)).size, 167);
});
