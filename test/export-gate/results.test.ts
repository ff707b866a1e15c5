import t from "tap";
import { toArrow } from "../../src/export-gate/formats/flechette-arrow.ts";
import { toParquet } from "../../src/export-gate/formats/hyparquet-parquet.ts";
import type { CheckedResult, ResultFile, ResultPage, WholeFormat } from "../../src/export-gate/index.ts";
import { expectValue } from "../support/value.ts";
import { openGate } from "./gate-fixture.ts";
import { runGoverned } from "./governed-run.ts";

const { gate, store, people, agreement, addJob, finish, governance, log } = await openGate(t);
const { analyst, operatorAdmin, stranger, reviewer1, officer } = people;
const { job, result } = await finish("SELECT county, count(*) AS n FROM person GROUP BY county ORDER BY county");

/** The bytes of the result in a format. */
async function fileOf(format: WholeFormat): Promise<Uint8Array> {
  const file = expectValue(await gate.showResult(analyst, job, { format })) as ResultFile;
  return file.bytes;
}

/** Types and outcomes of all events of an object. */
async function eventsOf(object: string) {
  const { items } = expectValue(await log.readEvents({ kind: "system", component: "test" }, { object }));
  return items.map(({ event }) => event);
}

t.test("a result's operator sees its rows and nothing of its evidence", async (t) => {
  for (const caller of [analyst, operatorAdmin]) {
    const page = expectValue(await gate.showResult(caller, job, {}));
    t.strictSame(page, {
      result,
      rowCount: 2,
      columns: [
        { name: "county", type: "VARCHAR" },
        { name: "n", type: "BIGINT" },
      ],
      rows: [
        ["桥西区", "300"],
        ["长安区", "294"],
      ],
      next: undefined,
    });
  }
});

t.test("a result is read page by page, and whole as CSV", async (t) => {
  const first = expectValue(await gate.showResult(analyst, job, { limit: "1" }));
  t.match(first, { rows: [["桥西区", "300"]], next: "1" });
  const second = expectValue(await gate.showResult(analyst, job, { limit: "1", cursor: "1" }));
  t.match(second, { rows: [["长安区", "294"]], next: undefined });
  const csv = await fileOf("csv");
  t.equal(Buffer.from(csv).toString(), "county,n\r\n桥西区,300\r\n长安区,294\r\n");
});

t.test("Parquet and Arrow hold the whole of what JSON shows, however the page is asked for", async (t) => {
  const page = expectValue(await gate.showResult(analyst, job, {})) as ResultPage;
  t.strictSame(await fileOf("parquet"), toParquet(page));
  t.strictSame(await fileOf("arrow"), toArrow(page));
  t.strictSame(await gate.showResult(analyst, job, { format: "arrow", cursor: "1", limit: "1" }), {
    format: "arrow",
    bytes: toArrow(page),
  });
  const shown = (await eventsOf(result)).filter(({ data }) => JSON.stringify(data).includes('"format":"arrow"'));
  t.match(shown.at(-1), { type: "result.shown", outcome: "done", data: { from: 0, rows: 2 } }, "and its event says the whole");
});

t.test("every showing is an event with what was shown", async (t) => {
  const before = (await eventsOf(result)).length;
  await gate.showResult(analyst, job, { limit: "1" });
  const events = await eventsOf(result);
  t.equal(events.length, before + 1);
  t.match(
    events.find(({ type, data }) => type === "result.shown" && JSON.stringify(data).includes('"rows":1')),
    {
      outcome: "done",
      actor: { id: analyst.id },
      links: { job, agreement },
    },
  );
});

t.test("to another operator, to a reviewer and to nobody's job the result is not there", async (t) => {
  const unfinished = job.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  for (const [caller, id] of [
    [stranger, job],
    [reviewer1, job],
    [officer, job],
    [analyst, unfinished],
  ] as const)
    t.match(await gate.showResult(caller, id, {}), { code: "RESULT_NOT_FOUND" });
});

t.test("a job without a result has none to show", async (t) => {
  t.match(await gate.showResult(analyst, await addJob(), {}), { code: "RESULT_NOT_FOUND" });
});

t.test("what only looks like a checked result cannot be kept", async (t) => {
  const { content, contentHash, evidence, evidenceHash, planDigest } = expectValue(
    gate.check(await runGoverned("SELECT count(*) AS n FROM person")),
  );
  const forged = { content, contentHash, evidence, evidenceHash, planDigest } as unknown as CheckedResult;
  await t.rejects(gate.resultChange({ job, agreement, checked: forged }), TypeError);
});

t.test("a result whose hash was written over in the store is shown to nobody", async (t) => {
  const other = await finish();
  await store.db
    .updateTable("result")
    .set({ content_hash: "0".repeat(64) })
    .where("id", "=", other.result)
    .execute();
  await t.rejects(gate.showResult(analyst, other.job, {}), { code: "EXPORT_CONTENT_ALTERED" });
});

t.test("with the agreement's end its results are shown to nobody", async (t) => {
  expectValue(await governance.terminate(officer, { agreement, reason: "不再需要" }));
  t.match(await gate.showResult(analyst, job, {}), { code: "EXPORT_AGREEMENT_NOT_IN_FORCE" });
  t.match(
    (await eventsOf(result)).find(({ outcome }) => outcome === "refused"),
    { code: "EXPORT_AGREEMENT_NOT_IN_FORCE" },
  );
});
