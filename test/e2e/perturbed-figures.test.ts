import t from "tap";
import type { Json } from "../../scripts/demo/api-client.ts";
import { agreementRequest, csvStream, peopleDeclaration, runToEnd, startTestPlatform } from "../support/platform.ts";

/** People in counties named by how many they are: 60 counties of 8 … 14 people, and two great ones. */
function peopleCsv(): string {
  const sizes = [...Array.from({ length: 60 }, (_, at) => 8 + (at % 7)), 300, 294];
  let person = 0;
  const lines = sizes.flatMap((size, county) =>
    Array.from({ length: size }, () => {
      person += 1;
      return `P${String(person).padStart(5, "0")},${size}-${county},${1950 + (person % 60)}-01-15,${10_000 + person}`;
    }),
  );
  return `id_card,county,birth_date,income\n${lines.join("\n")}\n`;
}

t.test("an agreement in cell-key, from its draft to an export", async (t) => {
  const rig = await startTestPlatform(t);
  const { steward, analyst, officer, operatorAdmin, reviewers } = rig;
  const family = await steward.post("/v1/families", { title: "居民" });
  const resource = String((await steward.post("/v1/resources", { family: family["id"], ...peopleDeclaration }))["id"]);
  await steward.upload(`/v1/resources/${resource}/data`, csvStream(peopleCsv()));
  const inForce = async (mode: string): Promise<string> => {
    const request = { ...agreementRequest(rig, resource, { scenario: `人口统计 ${mode}` }), releaseRules: { mode } };
    const id = String((await operatorAdmin.post("/v1/agreements", request))["id"]);
    await officer.post(`/v1/agreements/${id}/approve`);
    await officer.post(`/v1/agreements/${id}/activate`);
    return id;
  };
  const resultOf = async (agreement: string, sql: string): Promise<Json> => {
    const job = await runToEnd(rig, agreement, sql);
    t.equal(job["state"], "done", sql);
    return analyst.get(`/v1/jobs/${String(job["id"])}/result?limit=1000`);
  };
  const [noisy, exact] = [await inForce("cell-key"), await inForce("exact")];
  const sql = "SELECT county, count(*) AS n FROM person GROUP BY county ORDER BY county";
  const marked = [
    { name: "county", type: "VARCHAR", perturbed: false },
    { name: "n", type: "BIGINT", perturbed: true },
  ];
  const sizeOf = (row: readonly unknown[]): number => Number(String(row[0]).split("-")[0]);
  const first = await resultOf(noisy, sql);
  const rows = first["rows"] as readonly (readonly unknown[])[];

  await t.test("the result and the explanation say which columns are perturbed, exact ones say nothing", async (t) => {
    t.same(first["columns"], marked);
    t.match(await analyst.post(`/v1/agreements/${noisy}/explain`, { sql }), { accepted: true, columns: marked });
    t.same((await resultOf(exact, sql))["columns"], [
      { name: "county", type: "VARCHAR" },
      { name: "n", type: "BIGINT" },
    ]);
  });

  await t.test("figures are moved, and the threshold has a margin that every cell of 13 meets", async (t) => {
    const moved = rows.filter((row) => Number(row[1]) !== sizeOf(row)).length;
    t.ok(moved > rows.length * 0.6, `${moved} of ${rows.length} moved`);
    const times = (size: number): number => rows.filter((row) => sizeOf(row) === size).length;
    t.same([times(8), times(9)], [0, 0]);
    t.ok(times(10) < 9, "some cells of ten stay away, and the gate still takes the result");
    t.ok(times(13) === 8 && times(14) === 8, "none of 13 or more does");
  });

  await t.test("a second job gives the same figures, and so does another form of the statement", async (t) => {
    t.same((await resultOf(noisy, sql))["rows"], rows);
    const rewritten =
      "WITH p AS (SELECT * FROM person) SELECT county, sum(CASE WHEN id_card IS NOT NULL THEN 1 END) AS n FROM p GROUP BY county ORDER BY 1";
    const other = await resultOf(noisy, rewritten);
    t.same(
      (other["rows"] as readonly (readonly unknown[])[]).map((row) => row.map(String)),
      rows,
    );
    t.equal((other["columns"] as readonly Json[])[1]?.["perturbed"], true);
  });

  await t.test("the gate runs it again, agrees, and lets it pass", async (t) => {
    const asked = { result: first["result"], purpose: "统计", productName: "人口统计" };
    const wanted = await analyst.post("/v1/exports", asked);
    const review = await reviewers[0].get(`/v1/exports/${String(wanted["id"])}/evidence`);
    t.match(review["content"], { columns: marked });
    const reports = review["reports"] as readonly Json[];
    for (const id of ["threshold", "rerun-agrees"])
      t.match(
        reports.find((report) => report["id"] === id || report["check"] === id),
        { verdict: "pass" },
        id,
      );
  });
});
