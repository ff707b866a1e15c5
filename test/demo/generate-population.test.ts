import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { demoSchema } from "../../scripts/demo/declarations.ts";
import { generatePopulation, type PopulationProgress } from "../../scripts/demo/generate-population.ts";
import { hebeiCounties } from "../../scripts/demo/hebei-counties.ts";
import { isIdCard, isUscc, parseCivilDate } from "../../src/kernel/index.ts";

const size = { seed: "test", people: 6000, visits: 24_000, enterprises: 800 };

type Row = Readonly<Record<string, string>>;

function readRows(path: string): { readonly header: readonly string[]; readonly rows: readonly Row[] } {
  const lines = readFileSync(path, "utf8").split("\n");
  if (lines.pop() !== "") throw new Error("a file ends in a line feed");
  const [header = [], ...cells] = lines.map((line) => line.split(","));
  return { header, rows: cells.map((row) => Object.fromEntries(header.map((name, place) => [name, row[place] ?? ""]))) };
}

function groupBy(rows: readonly Row[], ...columns: readonly string[]): Map<string, Row[]> {
  return Map.groupBy(rows, (row) => columns.map((column) => row[column]).join("|"));
}

const number = (row: Row, column: string) => Number(row[column]);

t.test("a small population", async (t) => {
  const outDir = t.testdir();
  const progress: PopulationProgress[] = [];
  const population = await generatePopulation({ ...size, outDir, onProgress: (step) => progress.push(step) });
  const person = readRows(population.person.path);
  const visit = readRows(population.visit.path);
  const enterprise = readRows(population.enterprise.path);

  t.test("the files have the rows asked for and the columns declared, and are what their hashes say", async (t) => {
    const files = { person, visit, enterprise };
    const rows = { person: size.people, visit: size.visits, enterprise: size.enterprises };
    for (const { name, file, columns } of demoSchema.tables) {
      const written = population[name];
      t.equal(written.path, join(outDir, file));
      t.same(
        files[name].header,
        columns.map((column) => column.name),
      );
      t.equal(files[name].rows.length, rows[name]);
      t.equal(written.rows, rows[name]);
      const bytes = readFileSync(written.path);
      t.equal(written.bytes, bytes.length);
      t.equal(written.sha256, createHash("sha256").update(bytes).digest("hex"));
      t.notOk(existsSync(`${written.path}.partial`));
    }
  });

  t.test("every cell fits the type its column declares, and is empty only where that is allowed", async (t) => {
    const fits: Readonly<Record<string, (text: string) => boolean>> = {
      VARCHAR: (text) => text.length > 0 && !/["\s]/.test(text),
      DATE: (text) => parseCivilDate(text) !== undefined,
      BIGINT: (text) => /^\d{1,18}$/.test(text),
      INTEGER: (text) => /^\d{1,9}$/.test(text),
      "DECIMAL(12,2)": (text) => /^\d{1,10}\.\d\d$/.test(text),
      "DECIMAL(14,2)": (text) => /^\d{1,12}\.\d\d$/.test(text),
      "DECIMAL(16,2)": (text) => /^\d{1,14}\.\d\d$/.test(text),
    };
    const files = { person, visit, enterprise };
    for (const { name, columns } of demoSchema.tables) {
      for (const column of columns) {
        const bad = files[name].rows.filter((row) => {
          const text = row[column.name] ?? "";
          return text === "" ? !column.nullable : fits[column.type]?.(text) !== true;
        });
        t.same(bad.slice(0, 1), [], `${name}.${column.name}`);
      }
    }
  });

  t.test("every identity number is unique, valid, and says the birth date and sex beside it", async (t) => {
    t.equal(new Set(person.rows.map((row) => row["id_card"])).size, size.people);
    const codes = new Set(hebeiCounties.map(({ code }) => code));
    const bad = person.rows.filter((row) => {
      const id = row["id_card"] ?? "";
      const sex = Number(id[16]) % 2 === 1 ? "M" : "F";
      return (
        !isIdCard(id) ||
        !codes.has(id.slice(0, 6)) ||
        id.slice(6, 14) !== row["birth_date"]?.replaceAll("-", "") ||
        sex !== row["gender"]
      );
    });
    t.same(bad, []);
  });

  t.test("the people are of all ages and both sexes, in every county", async (t) => {
    t.equal(groupBy(person.rows, "county").size, 167);
    const decades = Map.groupBy(person.rows, (row) => row["birth_date"]?.slice(0, 3) ?? "");
    for (const decade of ["194", "195", "196", "197", "198", "199", "200", "201"]) {
      t.ok((decades.get(decade)?.length ?? 0) > size.people / 50, `born in ${decade}0s`);
    }
    const women = groupBy(person.rows, "gender").get("F")?.length ?? 0;
    t.ok(women > size.people * 0.45 && women < size.people * 0.55, `${women} women`);
  });

  t.test("there are villages of one to nine people, and places that any threshold lets pass", async (t) => {
    const places = groupBy(person.rows, "county", "township");
    const villages = [...places].filter(([place]) => place.endsWith("村"));
    t.ok(villages.length >= 20, `${villages.length} tiny villages`);
    t.same(
      villages.filter(([, rows]) => rows.length > 9),
      [],
    );
    t.ok([...places.values()].some((rows) => rows.length >= 10));
  });

  t.test("only people of 16 and over earn, and one of them more than nine tenths of a county's income", async (t) => {
    const children = person.rows.filter((row) => (row["birth_date"] ?? "") >= "2007-01-01");
    t.ok(children.length > 0);
    t.ok(children.every((row) => row["income"] === ""));
    const county = groupBy(person.rows, "county").get("130227迁西县") ?? [];
    const incomes = county.map((row) => number(row, "income"));
    t.ok(incomes.filter((income) => income > 0).length >= 10, "enough earners to pass a threshold on numbers alone");
    t.ok(Math.max(...incomes) > 0.9 * incomes.reduce((a, b) => a + b, 0));
  });

  t.test("every visit is a registered person's, after birth, in date order, and of a code the sex can have", async (t) => {
    const people = new Map(person.rows.map((row) => [row["id_card"], row]));
    const bad = visit.rows.filter((row) => {
      const patient = people.get(row["id_card"]);
      const sexOf: Readonly<Record<string, string>> = { "N76.0": "F", "C50.9": "F", N40: "M" };
      const sex = sexOf[row["icd10"] ?? ""];
      return (
        patient === undefined ||
        (patient["birth_date"] ?? "") > (row["visit_date"] ?? "") ||
        (sex !== undefined && sex !== patient["gender"])
      );
    });
    t.same(bad, []);
    const dates = visit.rows.map((row) => row["visit_date"] ?? "");
    t.ok(dates.every((date, place) => place === 0 || date >= (dates[place - 1] ?? "")));
    t.ok((dates[0] ?? "") >= "2023-01-01" && (dates.at(-1) ?? "") <= "2025-12-31");
    t.equal(new Set(visit.rows.map((row) => row["visit_id"])).size, size.visits);
  });

  t.test("some patients come forty times and more, others never", async (t) => {
    const patients = groupBy(visit.rows, "id_card");
    t.ok([...patients.values()].some((rows) => rows.length >= 40));
    t.ok(patients.size < size.people);
  });

  t.test("some diagnoses are common and some so rare that they tell", async (t) => {
    const codes = [...groupBy(visit.rows, "icd10").values()].map((rows) => rows.length);
    t.ok(Math.max(...codes) > size.visits / 20);
    t.ok(Math.min(...codes) < size.visits / 1000);
  });

  t.test("every credit code is unique, valid, and of the county beside it", async (t) => {
    t.equal(new Set(enterprise.rows.map((row) => row["uscc"])).size, size.enterprises);
    const bad = enterprise.rows.filter((row) => {
      const code = row["uscc"] ?? "";
      return !isUscc(code) || code.slice(2, 8) !== row["county"]?.slice(0, 6);
    });
    t.same(bad, []);
  });

  t.test(
    "one enterprise pays more than nine tenths of its industry's tax in its county, beside more than ten others",
    async (t) => {
      const cell = groupBy(enterprise.rows, "industry", "county").get("C31黑色金属冶炼和压延加工业|130209曹妃甸区") ?? [];
      const taxes = cell.map((row) => number(row, "tax"));
      t.ok(cell.length > 10);
      t.ok(Math.max(...taxes) > 0.9 * taxes.reduce((a, b) => a + b, 0));
    },
  );

  t.test("progress reaches the end of every file", async (t) => {
    for (const table of ["person", "visit", "enterprise"] as const) {
      t.ok(progress.some((step) => step.table === table && step.rows === step.of));
    }
    t.ok(
      progress.some(({ table, rows }) => table === "visit" && rows === 10_000),
      "and is told on the way",
    );
  });
});

t.test("the same seed gives the same bytes, another seed others", async (t) => {
  const small = { people: 500, visits: 1500, enterprises: 100 };
  const hashes = async (seed: string) => {
    const made = await generatePopulation({ ...small, seed, outDir: t.testdir() });
    return [made.person.sha256, made.visit.sha256, made.enterprise.sha256];
  };
  const first = await hashes("a");
  t.same(await hashes("a"), first);
  const other = await hashes("b");
  for (const [place, hash] of first.entries()) t.not(other[place], hash);
});

t.test("nobody, no visits and no enterprises are a population too", async (t) => {
  const made = await generatePopulation({ outDir: t.testdir(), people: 0, visits: 0, enterprises: 0 });
  t.equal(readFileSync(made.visit.path, "utf8"), "visit_id,id_card,hospital,icd10,visit_date,cost\n");
  t.equal(made.person.rows, 0);
});

t.test("what cannot be made is refused before anything is written", async (t) => {
  const outDir = t.testdir();
  const argument = { code: "DEMO_ARGUMENT" };
  for (const people of [-1, 1.5, Number.NaN, 20_000_001]) {
    await t.rejects(generatePopulation({ outDir, people }), argument, String(people));
  }
  await t.rejects(generatePopulation({ outDir, people: 0, visits: 1 }), argument);
  t.notOk(existsSync(join(outDir, "person.csv.partial")));
});

t.test("a folder that cannot be written is a clear error and leaves nothing behind", async (t) => {
  const outDir = t.testdir({ file: "", "visit.csv": {} });
  await t.rejects(generatePopulation({ outDir: join(outDir, "file"), people: 1 }), { code: "DEMO_WRITE" });
  await t.rejects(generatePopulation({ outDir, people: 10, visits: 10, enterprises: 1 }), { code: "DEMO_WRITE" });
  t.notOk(existsSync(join(outDir, "visit.csv.partial")));
});
