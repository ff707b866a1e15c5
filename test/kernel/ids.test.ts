import t from "tap";
import { createIds, type IdKind, idPrefixes, isId, KernelError, kindOfId, systemRandom, toId } from "../../src/kernel/index.ts";

const clockAt = (time: number) => ({ now: () => new Date(time) });
const zeros = { bytes: (count: number) => new Uint8Array(count) };
const ones = { bytes: (count: number) => new Uint8Array(count).fill(255) };
const kinds = Object.keys(idPrefixes) as IdKind[];

t.test("every kind has a prefix of its own, and an id says its kind", (t) => {
  t.equal(new Set(Object.values(idPrefixes)).size, kinds.length);
  const ids = createIds({ clock: clockAt(1_770_000_000_000), random: systemRandom });
  for (const kind of kinds) {
    const id = ids.make(kind);
    t.match(id, /^[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}$/);
    t.equal(kindOfId(id), kind);
    t.equal(toId(kind, id), id);
    for (const other of kinds) t.equal(isId(other, id), other === kind);
  }
  t.end();
});

t.test("ids sort by the time they were made at, over the whole range", (t) => {
  const times = [0, 1, 999, 1_770_000_000_000, 1_770_000_000_001, 2 ** 48 - 1];
  const made = times.flatMap((time) => [zeros, ones].map((random) => createIds({ clock: clockAt(time), random }).make("job")));
  t.strictSame(made.toSorted(), made);
  t.equal(new Set(made).size, made.length);
  t.end();
});

t.test("ten thousand ids of one millisecond are all different", (t) => {
  const ids = createIds({ clock: clockAt(0), random: systemRandom });
  t.equal(new Set(Array.from({ length: 10_000 }, () => ids.make("event"))).size, 10_000);
  t.end();
});

t.test("what is no id is no id", (t) => {
  const body = "0".repeat(26);
  t.ok(isId("job", `job_${body}`));
  for (const text of [
    "",
    "job",
    "job_",
    `job_${body}0`,
    `job_${body.slice(1)}`,
    `job_${body.slice(1)}i`,
    `job_${body.slice(1)}U`,
    `JOB_${body}`,
    ` job_${body}`,
    `job_${body}\n`,
    `job-${body}`,
    `xyz_${body}`,
    "__proto__",
  ]) {
    t.notOk(isId("job", text), JSON.stringify(text));
    t.throws(() => toId("job", text), { code: "KERNEL_ID_INVALID" });
    t.equal(kindOfId(text), undefined);
  }
  t.throws(() => toId("export", `job_${body}`), KernelError, "an id of another kind");
  t.end();
});
