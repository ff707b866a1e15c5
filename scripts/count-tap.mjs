// Counts the assertions of a TAP file, prints the reason of every skip and the closing line of CI.
// Plain JavaScript: it also runs where `npm ci` failed and no other Node is there.
import { readFileSync } from "node:fs";

const [file, failedSteps] = process.argv.slice(2);
let text = "";
try {
  text = readFileSync(file, "utf8");
} catch {
  console.log("no test report was written");
}
let passed = 0;
let failed = 0;
let skipped = 0;
// A subtest is reported by its parent again: only lines that are no summary of a subtest count.
const lines = text.split("\n");
let previousDepth = 0;
let testFile = "";
for (const line of lines) {
  // The runner names each file in a comment of the outermost level.
  testFile = /^# Subtest: (.+)$/.exec(line)?.[1] ?? testFile;
  const match = /^( *)(not ok|ok) \d+(.*)$/.exec(line);
  if (match === null) continue;
  const [, indent = "", verdict, rest = ""] = match;
  const depth = indent.length;
  const isSummary = depth < previousDepth;
  previousDepth = depth;
  const skip = /# (SKIP|TODO)\b(.*)$/i.exec(rest);
  if (skip !== null) {
    skipped++;
    console.log(`skipped:${rest.replace(/ # time=\S+/, "")}`);
  } else if (isSummary) continue;
  else if (verdict === "ok") passed++;
  else {
    failed++;
    console.log(`failed: ${testFile}${rest.replace(/ # time=\S+/, "")}`);
  }
}
failed += Number(failedSteps ?? 0);
if (passed === 0) failed++;
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
