import t from "tap";
import { parsePlainText } from "../../src/catalog/plain-text.ts";

t.test("texts that look alike become one text", async (t) => {
  for (const text of ["医保 就诊 A", "  医保  就诊\u00a0A ", "医保\t就诊\n\nＡ", "医保\u3000就诊 A"])
    t.equal(parsePlainText(text), "医保 就诊 A");
});

t.test("invisible characters, lone surrogates, nothing and too much are no plain text", async (t) => {
  for (const text of ["", "   ", "a\u200bb", "a\0b", "a\u202eb", "a\ud800", "\u{e0041}", "x".repeat(201)])
    t.equal(parsePlainText(text), undefined, JSON.stringify(text.slice(0, 10)));
});

t.test("the length counts after normalising", async (t) => {
  t.equal(parsePlainText(`${" ".repeat(500)}${"x".repeat(200)}`)?.length, 200);
  t.equal(parsePlainText("x".repeat(11), 10), undefined);
});
