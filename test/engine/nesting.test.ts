import t from "tap";
import { nestingDepth } from "../../src/engine/roles/nesting.ts";

t.test("brackets of every kind nest together", async (t) => {
  t.equal(nestingDepth("select (a[1], {'k': (1)})"), 3);
  t.equal(nestingDepth("select 1"), 0);
  t.equal(nestingDepth("(((("), 4);
});

t.test("what stands in strings, quoted names and comments does not count", async (t) => {
  for (const text of [
    "select '((('",
    "select 'it''s ((('",
    'select "((("',
    'select "a""((("',
    "-- (((\nselect 1",
    "/* ((( /* ((( */ ((( */ 1",
    "select $$((($$",
    "select $x$((( $$ $x$",
    "select E'\\'((('",
  ])
    t.equal(nestingDepth(text), 0, text);
});

t.test("what follows them counts", async (t) => {
  for (const text of ["'x' (", '"x" (', "-- c\n(", "/* c */ (", "$$ $$ (", "E'\\\\' (", "$1 (", "a - ("])
    t.equal(nestingDepth(text), 1, text);
});

t.test("an unclosed string, comment or dollar quote ends with the text", async (t) => {
  for (const text of ["'((", '"((', "/* ((", "$a$ ((", "-- ((", "E'\\"]) t.equal(nestingDepth(text), 0, text);
});

t.test("a name ending in e before a string is no escape prefix", async (t) => {
  t.equal(nestingDepth("somee'\\' ("), 1);
});
