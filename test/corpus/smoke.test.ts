import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { readOptions } from "../../scripts/corpus/options.ts";

const corpus = join(import.meta.dirname, "../../../shared/corpus");
const skip = existsSync(join(corpus, "person.csv"))
  ? false
  : "the corpus (../shared/corpus) does not stand beside the repository";

interface Ran {
  readonly code: number;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  readonly stderr: string;
}

/** Runs the command as a person would, and reads its lines. */
function run(args: readonly string[]): Promise<Ran> {
  const script = join(import.meta.dirname, "../../scripts/corpus/run.ts");
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { maxBuffer: 1e7 }, (error, stdout, stderr) => {
      const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
      resolve({ code: error === null ? 0 : Number(error.code), lines: lines.map((line) => JSON.parse(line)), stderr });
    });
  });
}

t.test("a mode that cannot be judged, or no file, is a usage error; anything else is read", async (t) => {
  t.throws(() => readOptions(["--protection", "dp", "x.json"]), { name: "OptionError", message: /cannot be judged yet/ });
  t.throws(() => readOptions(["--protection", "noise", "x.json"]), { name: "OptionError", message: /unknown/ });
  t.throws(() => readOptions(["--what"]), { name: "OptionError" });
  t.throws(() => readOptions([]), { name: "OptionError" });
  t.same(readOptions(["a/x.json", "b/y.json"]), { files: ["a/x.json", "b/y.json"], dataDir: "a" });
  t.same(readOptions(["a/x.json", "--data", "c", "--protection", "exact"]), { files: ["a/x.json"], dataDir: "c" });
});

t.test("usage errors exit 2, a run that cannot be run exits 1", async (t) => {
  const [unbuilt, broken] = await Promise.all([run(["--protection", "cell-key", "x.json"]), run(["/nowhere/attacks.json"])]);
  t.match(unbuilt, { code: 2, stderr: /cell-key cannot be judged yet.*Usage/s, lines: [] });
  t.match(broken, { code: 1, lines: [] });
});

t.test("five cases end as the platform ends them, over HTTP", { skip }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "hg-smoke-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "five.json");
  await writeFile(
    file,
    JSON.stringify([
      { id: "raw", class: "raw-projection", sql: "SELECT name, phone FROM person", expect: "reject" },
      {
        id: "small",
        class: "small-group",
        sql: "SELECT district, avg(income) AS m FROM person GROUP BY district",
        expect: "suppress",
      },
      { id: "noisy", class: "dp", sql: "SELECT count(*) FROM person", expect: "allow-with-noise", mode: "dp" },
      { id: "month", topic: "series", sql: "SELECT month(visit_date) AS m, count(*) AS n FROM visit GROUP BY m ORDER BY m" },
      // Honest it is not: the runner must say that it is not accepted.
      { id: "names", topic: "series", sql: "SELECT name FROM person" },
    ]),
  );
  const { code, lines, stderr } = await run([file, "--data", corpus]);
  t.equal(code, 0, stderr);
  t.match(lines.slice(0, -1), [
    { id: "raw", class: "raw-projection", expect: "reject", outcome: /^refused QUERY_/, held: true, why: /./ },
    { id: "small", expect: "suppress", outcome: "done, 6 rows", held: true },
    { id: "noisy", outcome: "not judged" },
    { id: "month", expect: "accept", outcome: "done, 12 rows", accepted: true },
    { id: "names", outcome: /^refused/, accepted: false },
  ]);
  t.same(lines.at(-1), {
    attacks: { held: 2, total: 2, failed: [] },
    legit: { accepted: 1, total: 2, failed: ["names"] },
    perturbed: { figures: 0, exact: 0 },
  });
});
