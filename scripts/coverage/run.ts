import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { type ProcessCoverage, untakenPlaces } from "./untaken-places.ts";

/** Folders of which every file, function and branch must be taken by a test. */
const folders = ["src/policy", "src/export-gate"];
const root = join(import.meta.dirname, "../..");

function filesOf(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** What each process of the last test run wrote. */
function* runs(): Generator<ProcessCoverage> {
  const reports = join(root, ".tap/coverage");
  for (const name of readdirSync(reports)) yield JSON.parse(readFileSync(join(reports, name), "utf8")) as ProcessCoverage;
}

const files = folders.flatMap(filesOf);
const sources = new Map(
  files.map((file) => [pathToFileURL(file).href, { path: relative(root, file), text: readFileSync(file, "utf8") }]),
);
const places = untakenPlaces(sources, runs());
for (const { path, line, text } of places) console.log(`${path}:${line} no test takes: ${text}`);
console.log(`${files.length} files of ${folders.join(" and ")}, ${places.length} places in them that no test takes`);
if (places.length > 0) process.exitCode = 1;
