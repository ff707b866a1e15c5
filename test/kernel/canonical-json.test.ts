import t from "tap";
import { canonicalJson, type JsonValue } from "../../src/kernel/canonical-json.ts";

const invalid = { code: "KERNEL_JSON_INVALID" };

t.test("the example of RFC 8785 §3.2.3 comes out byte for byte", async (t) => {
  const input = JSON.parse(String.raw`{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  }`) as JsonValue;
  t.equal(
    canonicalJson(input),
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  );
});

t.test("keys are sorted by UTF-16 code units, as the RFC's sorting example asks", async (t) => {
  const input: JsonValue = {
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\ud83d\ude00": "Emoji: Grinning Face",
    "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis",
  };
  const values = Object.values(JSON.parse(canonicalJson({ ...input })) as Record<string, string>);
  // JSON.parse moves integer-like keys first, so the text itself is looked at.
  const places = values.map((value) => [canonicalJson(input).indexOf(value), value] as const);
  t.same(
    places.sort(([a], [b]) => a - b).map(([, value]) => value),
    [
      "Carriage Return",
      "One",
      "Control",
      "Latin Small Letter O With Diaeresis",
      "Euro Sign",
      "Emoji: Grinning Face",
      "Hebrew Letter Dalet With Dagesh",
    ],
  );
});

t.test("numbers are written as ECMAScript writes them", async (t) => {
  const pairs: readonly (readonly [number, string])[] = [
    [-0, "0"],
    [5e-324, "5e-324"],
    [1.7976931348623157e308, "1.7976931348623157e+308"],
    [9007199254740992, "9007199254740992"],
    [1e21, "1e+21"],
    [999999999999999900000, "999999999999999900000"],
    [0.000001, "0.000001"],
    [1e-7, "1e-7"],
  ];
  for (const [number, text] of pairs) t.equal(canonicalJson(number), text);
});

t.test("the order in which an object was built does not show", async (t) => {
  t.equal(canonicalJson({ b: [{ y: 1, x: 2 }], a: null }), canonicalJson({ a: null, b: [{ x: 2, y: 1 }] }));
});

t.test("a key named __proto__ is data like any other", async (t) => {
  const hostile = JSON.parse('{"__proto__":{"admin":true},"a":1}') as JsonValue;
  t.equal(canonicalJson(hostile), '{"__proto__":{"admin":true},"a":1}');
});

t.test("what JSON would change or drop is refused, wherever it stands", async (t) => {
  const sparse: unknown[] = [1];
  sparse[2] = 3;
  const bad: readonly (readonly [string, unknown])[] = [
    ["NaN", Number.NaN],
    ["Infinity", Number.POSITIVE_INFINITY],
    ["minus Infinity", Number.NEGATIVE_INFINITY],
    ["undefined", undefined],
    ["a function", () => 1],
    ["a symbol", Symbol("s")],
    ["a bigint", 1n],
    ["a date", new Date(0)],
    ["bytes", Uint8Array.of(1)],
    ["a map", new Map()],
    ["a sparse array", sparse],
    ["a high surrogate alone", "a\ud800"],
    ["a low surrogate alone", "\udc00a"],
  ];
  for (const [name, value] of bad) {
    t.throws(() => canonicalJson(value as JsonValue), invalid, name);
    t.throws(() => canonicalJson({ a: [value as JsonValue] }), invalid, `${name}, nested`);
  }
  t.throws(() => canonicalJson({ "\ud800": 1 }), invalid, "a surrogate in a key");
});

t.test("nesting without end is a coded error and no stack overflow", async (t) => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  t.throws(() => canonicalJson(cycle as JsonValue), invalid);
  let deep: JsonValue = [];
  for (let level = 0; level < 20_000; level++) deep = [deep];
  t.throws(() => canonicalJson(deep), invalid);
});
