import { once } from "node:events";
import type { PassThrough } from "node:stream";
import t from "tap";
import { createEventStreams, type StreamLook } from "../../src/gateway/event-streams.ts";

const quiet: StreamLook = { events: [], over: false };

t.test("a flood of hints during one look is one look more", async (t) => {
  const streams = createEventStreams({ perAccount: 1, heartbeatMs: 3_600_000 });
  let looks = 0;
  let go: (look: StreamLook) => void = () => undefined;
  let changed: () => void = () => undefined;
  const stream = streams.open({
    account: "a",
    look: () => {
      looks += 1;
      return new Promise((resolve) => {
        go = resolve;
      });
    },
    watch: (tell) => {
      changed = tell;
      return () => undefined;
    },
  });
  t.equal(looks, 1, "it looks at once");
  for (let at = 0; at < 10_000; at += 1) changed();
  go(quiet);
  await new Promise(setImmediate);
  t.equal(looks, 2);
  go({ events: [{ id: "3", event: "state", data: { state: "done" } }], over: true });
  let text = "";
  for await (const part of stream ?? []) text += String(part);
  t.equal(text, 'retry: 2000\n\nid: 3\nevent: state\ndata: {"state":"done"}\n\n');
  t.equal(looks, 2);
});

t.test("a reader that takes nothing is let go before its stream has grown, and its place is free", async (t) => {
  const streams = createEventStreams({ perAccount: 1, heartbeatMs: 1 });
  let stopped = 0;
  let most = 0;
  let held: PassThrough | undefined;
  const request = {
    account: "a",
    look: async () => {
      if (held !== undefined) most = Math.max(most, held.readableLength + held.writableLength);
      return { events: [{ id: "1", event: "state", data: "x".repeat(100) }], over: false };
    },
    watch: () => () => {
      stopped += 1;
    },
  };
  const stream = streams.open(request) as PassThrough;
  held = stream;
  t.equal(streams.open(request), undefined);
  await once(stream, "close");
  t.ok(most > 1024 && most < 4096, `${most} bytes waited`);
  t.equal(stopped, 1);
  const again = streams.open(request);
  t.ok(again);
  again?.destroy();
});

t.test("one that ended is let go as well, however little of it was read", async (t) => {
  const streams = createEventStreams({ perAccount: 1, heartbeatMs: 1 });
  const stream = streams.open({ account: "a", look: async () => ({ events: [], over: true }), watch: () => () => undefined });
  t.ok(stream);
  if (stream !== undefined) await once(stream, "close");
});

t.test("a look that fails ends the stream", async (t) => {
  const streams = createEventStreams({ perAccount: 1, heartbeatMs: 3_600_000 });
  const stream = streams.open({ account: "a", look: () => Promise.reject(new Error("gone")), watch: () => () => undefined });
  let text = "";
  for await (const part of stream ?? []) text += String(part);
  t.equal(text, "retry: 2000\n\n");
});
