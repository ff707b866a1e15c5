import t from "tap";
import { answers } from "../../src/gateway/index.ts";

/** What a caller may be told to do: a clause that begins with one of these is advice. */
const imperatives = [
  ...["add", "ask", "begin", "choose", "close", "correct", "declare", "draft", "enrol", "finish", "go", "hand", "leave", "log"],
  ...["look", "name", "raise", "read", "remove", "rename", "revoke", "save", "send", "set", "shorten", "show", "sign", "split"],
  ...["submit", "take", "try", "use", "wait", "write", "POST", "GET", "PUT", "DELETE"],
];
const advice = new RegExp(`(?:^|[.;:,(] |\\b(?:or|and|then|first) )(?:${imperatives.join("|")})\\b`, "i");

t.test("every answer to what a caller did wrong says what to do", async (t) => {
  for (const [code, { status, title }] of Object.entries(answers)) if (status < 500) t.match(title, advice, code);
});

t.test("a text that tells the rule alone is no advice", async (t) => {
  for (const title of ["The name is no plain SQL name.", "There is no such role.", "The term ends after it starts."])
    t.notMatch(title, advice);
});
