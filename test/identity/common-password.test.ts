import t from "tap";
import { isCommonPassword } from "../../src/identity/zxcvbn-passwords.ts";

const common = {
  "on the list": "1qaz2wsx3edc4rfv",
  "in capitals": "1QAZ2WSX3EDC4RFV",
  "with separators": "1qaz 2wsx-3edc_4rfv",
  "in full width": "１ｑａｚ２ｗｓｘ３ｅｄｃ４ｒｆｖ",
  "two put together": "password123456",
  "two with a blank": "Superman Batman",
  "one said twice": "letmein letmein",
  "a word of one's own said twice": "hanguangzi hanguangzi",
  "one letter": "aaaaaaaaaaaaaa",
  "the alphabet": "abcdefghijklmn",
  backwards: "nmlkjihgfedcba",
  "digits in order": "0123456789:;<=",
  "digits counted on": "12345678901234",
};

for (const [name, password] of Object.entries(common))
  t.test(`a guesser's first: ${name}`, (t) => {
    t.ok(isCommonPassword(password), password);
    t.end();
  });

for (const password of [
  "correct horse battery staple",
  "含光者，视之不可见也，运之不知有也",
  "my neighbour keeps 7 geese",
  "Zk7-pD2q-vV9x-Lm4t",
])
  t.test(`not refused for its letters or their classes: ${password}`, (t) => {
    t.notOk(isCommonPassword(password));
    t.end();
  });
