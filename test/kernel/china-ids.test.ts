import t from "tap";
import {
  idCardCheckCharacter,
  isIdCard,
  isUscc,
  organisationCodeCheckCharacter,
  usccCheckCharacter,
} from "../../src/kernel/china-ids.ts";

t.test("the identity numbers of GB 11643's examples verify, one wrong digit does not", async (t) => {
  t.equal(idCardCheckCharacter("11010519491231002"), "X");
  t.equal(isIdCard("11010519491231002X"), true);
  t.equal(isIdCard("440524188001010014"), true);
  t.equal(isIdCard("11010519490231002X"), false);
  t.equal(isIdCard("110105194912310021"), false);
});

t.test("every one-digit error and every swap of neighbours in an identity number is found", async (t) => {
  const digits = "11010519491231002";
  for (let place = 0; place < 17; place++) {
    for (let digit = 0; digit < 10; digit++) {
      const changed = `${digits.slice(0, place)}${digit}${digits.slice(place + 1)}`;
      if (changed !== digits && idCardCheckCharacter(changed) === "X") t.fail(changed);
    }
    const swapped = digits.slice(0, place) + (digits[place + 1] ?? "") + (digits[place] ?? "") + digits.slice(place + 2);
    if (place < 16 && swapped !== digits && idCardCheckCharacter(swapped) === "X") t.fail(swapped);
  }
  t.pass("153 errors and 16 swaps");
});

t.test("a right check character does not make up for a day that never was", async (t) => {
  for (const first17 of [
    "11010519900230001",
    "11010519001301001",
    "11010520230229001",
    "11010517991231001",
    "01010519901231001",
  ]) {
    t.equal(isIdCard(first17 + (idCardCheckCharacter(first17) ?? "")), false, first17);
  }
  const leapDay = "11010520000229001";
  t.equal(isIdCard(leapDay + (idCardCheckCharacter(leapDay) ?? "")), true);
});

t.test("what only looks like an identity number is none", async (t) => {
  for (const text of [
    "",
    "11010519491231002x",
    "１１010519491231002X",
    " 11010519491231002X",
    "110105491231002",
    "11010519491231002X\n",
  ]) {
    t.equal(isIdCard(text), false, JSON.stringify(text));
  }
  t.equal(idCardCheckCharacter("1101051949123100"), undefined);
  t.equal(idCardCheckCharacter("1101051949123100X"), undefined);
});

t.test("real unified social credit codes verify, a web page's false example does not", async (t) => {
  for (const code of ["91350100M000100Y43", "91110000600037341L", "91230184MA1BUFLT44", "92371000MA3MXH0E3W"]) {
    t.equal(isUscc(code), true, code);
  }
  t.equal(isUscc("91310115MA1G4L1WXK"), false);
  t.equal(usccCheckCharacter("91310115MA1G4L1WX"), "7");
});

t.test("letters the credit code leaves out, lower case and other lengths are refused", async (t) => {
  for (const code of [
    "91350100I000100Y43",
    "91350100m000100Y43",
    "91350100M000100Y4",
    "91350100M000100Y433",
    "9135A100M000100Y43",
    "",
  ]) {
    t.equal(isUscc(code), false, code);
  }
  t.equal(usccCheckCharacter("91350100O000100Y4"), undefined);
  t.equal(usccCheckCharacter("91350100"), undefined);
});

t.test("the organisation code inside a credit code carries its own check character", async (t) => {
  t.equal(organisationCodeCheckCharacter("M000100Y"), "4");
  t.equal(organisationCodeCheckCharacter("60003734"), "1");
  t.equal(organisationCodeCheckCharacter("00000000"), "0");
  t.equal(organisationCodeCheckCharacter("00000006"), "X", "6 × 2 = 12 leaves 11 − 1 = 10");
  t.equal(organisationCodeCheckCharacter("6000373"), undefined);
});
