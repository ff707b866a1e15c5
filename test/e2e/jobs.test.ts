import { setTimeout as pause } from "node:timers/promises";
import t from "tap";
import type { Json } from "../../scripts/demo/api-client.ts";
import { freezeWaitingWorkers } from "../support/frozen-workers.ts";
import { agreementRequest, prepareAgreement, problemOf, runToEnd, startTestPlatform } from "../support/platform.ts";

const sql = "SELECT county, count(*) AS n FROM person GROUP BY county ORDER BY county";

t.test("jobs from submission to every end they can have", async (t) => {
  const rig = await startTestPlatform(t, { enclave: { heartbeatMs: 200 } });
  const { analyst, officer, operatorAdmin, auditor, platform } = rig;
  const { agreement, resource } = await prepareAgreement(rig);

  const submit = async (): Promise<string> => String((await analyst.post(`/v1/agreements/${agreement}/jobs`, { sql }))["id"]);
  const untilState = async (job: string, state: string): Promise<Json> => {
    for (;;) {
      const view = await analyst.get(`/v1/jobs/${job}`);
      if (view["state"] === state) return view;
      if (view["finishedAt"] !== null) throw new Error(`the job ended as ${String(view["state"])}`);
      await pause(20);
    }
  };
  const freeze = async (): Promise<readonly number[]> => {
    for (;;) {
      const waiting = platform.engine.workers().filter(({ role, state }) => role === "run" && state === "idle");
      if (waiting.length === 2) return freezeWaitingWorkers(platform);
      await pause(20);
    }
  };
  const eventsOf = async (object: string): Promise<readonly string[]> => {
    const { items } = (await auditor.get(`/v1/audit/events?object=${object}`)) as {
      items: readonly { readonly event: { readonly type: string } }[];
    };
    return items.map(({ event }) => event.type).reverse();
  };

  await t.test("a waiting job is cancelled at once, a running one is stopped, an ended one stays", async (t) => {
    t.equal((await runToEnd(rig, agreement, sql))["state"], "done");
    await freeze();
    const [first, second, third] = [await submit(), await submit(), await submit()];
    await untilState(first, "running");
    await untilState(second, "running");
    t.equal((await analyst.get(`/v1/jobs/${third}`))["state"], "queued", "two run at a time, as the setting says");
    t.equal((await analyst.delete(`/v1/jobs/${third}`))["state"], "cancelled");
    await analyst.delete(`/v1/jobs/${first}`);
    await analyst.delete(`/v1/jobs/${second}`);
    const ended = [await analyst.untilEnded(first), await analyst.untilEnded(second)];
    t.same(
      ended.map(({ state }) => state),
      ["cancelled", "cancelled"],
    );
    t.same(await eventsOf(third), ["job.submitted", "job.cancelled"]);
    t.same(await eventsOf(first), ["job.submitted", "job.started", "job.cancel-requested", "job.cancelled"]);
    t.match(await problemOf(analyst.delete(`/v1/jobs/${first}`)), { httpStatus: 409, code: "JOB_ALREADY_FINISHED" });
    t.match(await problemOf(analyst.get(`/v1/jobs/${first}/result`)), { httpStatus: 404, code: "RESULT_NOT_FOUND" });
  });

  await t.test("a job whose worker is killed fails, says what to do, and is not run again", async (t) => {
    const frozen = await freeze();
    const job = await submit();
    while (!platform.engine.workers().some(({ role, state }) => role === "run" && state === "busy")) await pause(20);
    // Innermost first: the sandbox's launcher would report a killed child as its own end.
    for (const pid of frozen.toReversed()) process.kill(pid, "SIGKILL");
    t.match(await analyst.untilEnded(job), { state: "failed", answer: { code: "ENGINE_CRASHED", instead: /again/ } });
    t.same(await eventsOf(job), ["job.submitted", "job.started", "job.failed"]);
    const seen = () => platform.engine.workers().some(({ pid, residentBytes }) => frozen.includes(pid) && residentBytes > 0);
    while (seen()) await pause(20);
    t.equal((await runToEnd(rig, agreement, sql))["state"], "done", "the next one runs");
  });

  await t.test(
    "a checked result is shown page by page, or whole as CSV, Parquet or Arrow, and each showing is an event",
    async (t) => {
      const { id } = await runToEnd(rig, agreement, sql);
      const first = await analyst.get(`/v1/jobs/${String(id)}/result?limit=1`);
      t.match(first, { rowCount: 2, next: "1" });
      const second = await analyst.get(`/v1/jobs/${String(id)}/result?limit=1&cursor=${String(first["next"])}`);
      t.equal(second["next"], undefined);
      const rows = [first, second].flatMap((page) => page["rows"] as readonly unknown[]);
      t.same(rows, [
        ["桥西区", "300"],
        ["长安区", "294"],
      ]);
      const csv = await (await analyst.send("GET", `/v1/jobs/${String(id)}/result?format=csv`)).text();
      t.equal(csv, "county,n\r\n桥西区,300\r\n长安区,294\r\n");
      for (const [format, media, magic] of [
        ["parquet", "application/vnd.apache.parquet", "PAR1"],
        ["arrow", "application/vnd.apache.arrow.stream", "\xff\xff\xff\xff"],
      ] as const) {
        const file = await analyst.send("GET", `/v1/jobs/${String(id)}/result?format=${format}`);
        t.equal(file.headers.get("content-type"), media);
        t.equal(Buffer.from(await file.arrayBuffer()).toString("latin1", 0, 4), magic);
      }
      t.same(
        (await eventsOf(String(first["result"]))).filter((type) => type === "result.shown"),
        Array(5).fill("result.shown"),
      );
      for (const query of ["cursor=-1", "cursor=x", "limit=0x10", "format=parquet.exe", "other=1"])
        t.match(await problemOf(analyst.get(`/v1/jobs/${String(id)}/result?${query}`)), { httpStatus: 400 }, query);
    },
  );

  await t.test("without data, with another purpose, or by another role, nothing runs", async (t) => {
    const bare = await rig.steward.post("/v1/families", { title: "空" });
    const empty = await rig.steward.post("/v1/resources", {
      family: bare["id"],
      name: "empty",
      title: "未交数据",
      grade: "general-3",
      columns: [{ name: "id_card", type: "VARCHAR", role: "identifier", nullable: false }],
      subjects: [{ kind: "person", column: "id_card", unique: true }],
    });
    const request = {
      ...agreementRequest(rig, resource, { scenario: "空场景" }),
      scope: { resources: [{ resource: empty["id"], columns: ["id_card"] }] },
    };
    const id = String((await operatorAdmin.post("/v1/agreements", request))["id"]);
    await officer.post(`/v1/agreements/${id}/approve`);
    await officer.post(`/v1/agreements/${id}/activate`);
    t.match(await runToEnd(rig, id, "SELECT count(*) AS n FROM empty"), {
      state: "failed",
      answer: { code: "JOB_PROVISION_IMPOSSIBLE", instead: /source unit/ },
    });
    const other = analyst.post(`/v1/agreements/${agreement}/jobs`, { sql, purpose: "另一目的" });
    t.match(await problemOf(other), { httpStatus: 403, code: "JOB_PURPOSE_MISMATCH" });
    t.match(await problemOf(officer.post(`/v1/agreements/${agreement}/jobs`, { sql })), { httpStatus: 403 });
    const refused = await runToEnd(rig, agreement, "SELECT income FROM person");
    t.match(await problemOf(analyst.post("/v1/exports", { result: refused["id"], purpose: "p", productName: "n" })), {
      httpStatus: 404,
      code: "RESULT_NOT_FOUND",
    });
  });

  await t.test("a running job does not outlive its agreement, and its waiting ones never start", async (t) => {
    await freeze();
    const [first, second, third] = [await submit(), await submit(), await submit()];
    await untilState(first, "running");
    await untilState(second, "running");
    await officer.post(`/v1/agreements/${agreement}/terminate`, { reason: "协议提前终止，双方同意" });
    const states = async () => {
      const rows = await platform.store.db
        .selectFrom("job")
        .select(["state", "answer"])
        .where("id", "in", [first, second, third])
        .execute();
      return rows.map(({ state, answer }) => `${state} ${String((answer as Json | null)?.["code"])}`);
    };
    while ((await states()).some((state) => /^(queued|running)/.test(state))) await pause(50);
    t.same(await states(), Array(3).fill("failed JOB_AGREEMENT_NOT_IN_FORCE"));
    t.match(await problemOf(analyst.post(`/v1/agreements/${agreement}/jobs`, { sql })), {
      httpStatus: 403,
      code: "JOB_AGREEMENT_NOT_IN_FORCE",
    });
  });
});
