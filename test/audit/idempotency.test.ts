import t from "tap";
import { createIdempotency, type EventDraft, expectOne, type HeldRequest, type KeyedRequest } from "../../src/audit/index.ts";
import { isRefusal } from "../../src/kernel/index.ts";
import { openTestStore } from "../support/store.ts";

const { store, work, ids, clock, keys } = await openTestStore(t);
const { db } = store;
const complaints: string[] = [];
const open = () =>
  createIdempotency({ store, work, clock, keys, keepMs: 86_400_000, log: (message) => complaints.push(message) });
const idempotency = await open();

const home = ids.make("organisation");
const account = ids.make("user");
const system: EventDraft["actor"] = { kind: "system", component: "test" };
const insert = (id: string, name: string) =>
  expectOne(
    db.insertInto("organisation").values({ id, kind: "agency", name, uscc: null, created_at: clock.now() }).returning("id"),
  );
await work.change({ type: "organisation.created", actor: system, object: home, outcome: "done" }, [
  insert(home, "家"),
  expectOne(
    db
      .insertInto("account")
      .values({
        id: account,
        login: "u",
        name: "u",
        organisation_id: home,
        password_hash: "",
        state: "active",
        created_at: clock.now(),
      })
      .returning("id"),
  ),
]);

const actor: EventDraft["actor"] = { kind: "account", id: account, organisation: home, roles: [] };
const make = (name: string, by: EventDraft["actor"] = actor) => {
  const id = ids.make("organisation");
  return work.change({ type: "organisation.created", actor: by, object: id, outcome: "done" }, [insert(id, name)]).then(() => id);
};
const named = async (name: string) =>
  (await db.selectFrom("organisation").select("id").where("name", "=", name).execute()).length;
const request = (key: string, over: Partial<KeyedRequest> = {}): KeyedRequest => ({
  account,
  route: "POST /v1/organisations",
  key,
  content: { name: key },
  ...over,
});
async function held(key: string, over?: Partial<KeyedRequest>): Promise<HeldRequest> {
  const begun = await idempotency.begin(request(key, over));
  if (!("run" in begun)) throw new Error(JSON.stringify(begun));
  return begun;
}
const answer = { status: 201, headers: { location: "/v1/x" }, body: '{"secret":"答"}' };
const codeOf = async (key: string, over?: Partial<KeyedRequest>) => {
  const begun = await idempotency.begin(request(key, over));
  return isRefusal(begun) ? { code: begun.code, ...begun.detail } : begun;
};

t.test("an answered request is answered again, by another process too, and is not carried out", async (t) => {
  const first = await held("a");
  await first.run(() => make("a"));
  await first.answered(answer);
  t.strictSame(await codeOf("a"), { kind: "answer", answer });
  t.strictSame(await (await open()).begin(request("a")), { kind: "answer", answer });
});

t.test("a key is its account's, its route's and its request's", async (t) => {
  t.strictSame(await codeOf("a", { content: { name: "other" } }), { code: "IDEMPOTENCY_KEY_REUSED" });
  for (const over of [{ route: "POST /v1/families" }, { account: home }]) {
    const begun = await idempotency.begin(request("a", over)).catch((error: unknown) => error);
    t.notOk(typeof begun === "object" && begun !== null && "answer" in begun, JSON.stringify(over));
  }
});

t.test("neither key, nor request, nor answer stands in the store as it was sent", async (t) => {
  const rows = await db.selectFrom("idempotent_request").selectAll().execute();
  t.ok(rows.some(({ answer_sealed }) => answer_sealed !== null));
  const text = rows.flatMap((row) => [row.id, row.fingerprint, row.answer_sealed ?? Buffer.alloc(0)]);
  for (const bytes of text) for (const word of ["答", "secret", "name", '"a"']) t.notOk(bytes.includes(word), word);
});

t.test("of twenty at one moment one is carried out", async (t) => {
  const begun = await Promise.all(Array.from({ length: 20 }, () => idempotency.begin(request("many"))));
  t.equal(begun.filter((one) => "run" in one).length, 1);
  t.equal(begun.filter((one) => isRefusal(one) && one.code === "IDEMPOTENCY_IN_FLIGHT").length, 19);
});

t.test("cut off after its change: it is never done again, and the repetition is told of what", async (t) => {
  const first = await held("cut");
  const made = await first.run(() => make("cut"));
  t.strictSame(await codeOf("cut"), { code: "IDEMPOTENCY_IN_FLIGHT" }, "its holder may still answer");
  clock.advance(30_001);
  t.strictSame(await codeOf("cut"), { code: "IDEMPOTENCY_ANSWER_LOST", object: made });
  t.strictSame(await codeOf("cut"), { code: "IDEMPOTENCY_ANSWER_LOST", object: made });
  t.equal(await named("cut"), 1);
});

t.test("cut off before its change: the repetition does it, and the first can no more", async (t) => {
  const first = await held("stalled");
  clock.advance(30_001);
  const second = await held("stalled");
  await t.rejects(
    first.run(() => make("stalled")),
    { code: "AUDIT_CLAIM_LOST" },
  );
  t.equal(await named("stalled"), 0, "nothing of the overtaken one is left, its event included");
  await second.run(() => make("stalled"));
  await second.answered(answer);
  await first.answered({ ...answer, status: 500 });
  await first.failed(undefined);
  t.strictSame(await codeOf("stalled"), { kind: "answer", answer }, "nor does it write over the answer");
  t.equal(await named("stalled"), 1);
});

t.test("an overtaken request meets its own number never again, whoever failed in between", async (t) => {
  const first = await held("thrice");
  clock.advance(30_001);
  await (await held("thrice")).failed(undefined);
  const third = await held("thrice");
  await t.rejects(
    first.run(() => make("thrice-1")),
    { code: "AUDIT_CLAIM_LOST" },
  );
  await third.run(() => make("thrice-3"));
  await third.answered(answer);
  t.equal((await named("thrice-1")) + (await named("thrice-3")), 1);
});

t.test("a race of a stalled holder and its successor makes one change, 40 times", async (t) => {
  for (let attempt = 0; attempt < 40; attempt++) {
    const key = `race ${attempt}`;
    const first = await held(key);
    clock.advance(30_001);
    const late = first
      .run(() => make(`${key} first`))
      .then(
        () => "done",
        (error: { readonly code?: string }) => error.code,
      );
    const begun = await idempotency.begin(request(key));
    if ("run" in begun) await begun.run(() => make(`${key} second`));
    const outcome = await late;
    const both = (await named(`${key} first`)) + (await named(`${key} second`));
    if (both !== 1 || "run" in begun !== (outcome === "AUDIT_CLAIM_LOST"))
      t.fail(`attempt ${attempt}: ${both} changes, the first ${String(outcome)}`);
  }
  t.pass("each time exactly one");
});

t.test("what failed without a change may be tried again, with other words too", async (t) => {
  await (await held("again")).failed(answer);
  const second = await held("again", { content: { name: "mended" } });
  await second.run(() => make("again"));
  await second.failed(undefined);
  t.match(await codeOf("again", { content: { name: "mended" } }), { code: "IDEMPOTENCY_ANSWER_LOST", object: /^org_/ });
  const refusedLate = await held("late refusal");
  await refusedLate.run(() => make("late refusal"));
  const refusal = { status: 409, headers: {}, body: "{}" };
  await refusedLate.failed(refusal);
  t.strictSame(await codeOf("late refusal"), { kind: "answer", answer: refusal });
});

t.test("an answer with a secret is not kept; the repetition is told what was made", async (t) => {
  const first = await held("secret");
  const made = await first.run(() => make("secret"));
  await first.answered(undefined);
  t.strictSame(await codeOf("secret"), { code: "IDEMPOTENCY_ANSWER_NOT_KEPT", object: made });
});

t.test("what the platform does on its own, refusals, and work after the answer, are not the request", async (t) => {
  const first = await held("background");
  let later: Promise<unknown> = Promise.resolve();
  await first.run(async () => {
    await make("by the system", system);
    await work.record({ type: "organisation.created", actor, object: account, outcome: "refused", code: "X" });
    later = new Promise((resume) => setImmediate(resume)).then(() => make("afterwards"));
  });
  await later;
  t.equal(await named("afterwards"), 1);
  await first.failed(undefined);
  t.ok("run" in (await idempotency.begin(request("background"))), "nothing was done under the key");
});

t.test("after its time a key is new; the sweep forgets it", async (t) => {
  clock.advance(86_400_001);
  const again = await held("a", { content: { name: "another" } });
  await again.failed(undefined);
  t.ok((await idempotency.sweep()) > 0);
  t.equal(await idempotency.sweep(), 0);
  t.strictSame(complaints, []);
});
