import { sql } from "kysely";
import t from "tap";
import { errorInLog } from "../../src/cli/error-in-log.ts";
import { createLog } from "../../src/cli/pino-log.ts";
import { StoreError } from "../../src/store/index.ts";
import { captureLog, linesWith, makeMarker } from "../support/captured-log.ts";
import { openTestStore } from "../support/store.ts";

const thrown = (task: () => unknown): unknown => {
  try {
    return task();
  } catch (error) {
    return error;
  }
};

t.test("messages that quote values stay out; type, code and frames stay", async (t) => {
  const { store } = await openTestStore(t);
  const marker = makeMarker();
  const log = captureLog();
  const logger = createLog({ level: "debug" }, log.target);
  const parse = thrown(() => JSON.parse(`{"password":"${marker}`));
  const postgres = await sql`SELECT ${marker}::text::integer`.execute(store.db).catch((error: unknown) => error);
  const planted = new Error(`x\n    at ${marker} (file:///x.ts:1:1)`);
  const wrapped = new StoreError("STORE_MIGRATION_FAILED", "Migration 1 failed and was undone.", { cause: postgres });
  for (const error of [
    parse,
    postgres,
    planted,
    wrapped,
    new Error(marker, { cause: new Error(marker, { cause: marker }) }),
    marker,
    null,
  ])
    for (const field of ["err", "error"]) logger.error({ [field]: error }, "request failed");
  // As the HTTP server's own lines do: no message, or the error's.
  logger.error(planted);
  logger.error({ err: planted });
  logger.child({ reqId: "1" }).error({ err: new Error(marker) }, marker);
  logger.child({}).warn(`Reply was already sent in the "/v1/jobs/${marker}?a=b" (GET) route`);
  logger.info({ req: { url: marker }, res: { headers: marker } }, "incoming request");
  t.equal(log.lines.length, 19);
  t.strictSame(linesWith(log.lines, [marker]), []);
  t.match(log.parsed().slice(14), [
    { msg: "error" },
    { msg: "error" },
    { msg: "error" },
    { msg: /in the "\/…"/ },
    { msg: "incoming request" },
  ]);
  t.match(errorInLog(parse), { type: "SyntaxError", stack: [/^at .*error-in-log/] });
  t.match(errorInLog(postgres), { type: "error", code: "22P02", severity: "ERROR" });
  t.match(errorInLog(wrapped), {
    code: "STORE_MIGRATION_FAILED",
    message: "Migration 1 failed and was undone.",
    cause: { code: "22P02" },
  });
  t.strictSame(errorInLog(null), { type: "null" });
});

t.test("an error that names itself after a value is an Error", async (t) => {
  const error = Object.assign(new Error("m"), { name: "a secret", code: "a secret" });
  t.match(errorInLog(error), { type: "Error", code: undefined });
  const deep = Array.from({ length: 9 }).reduce<Error>((cause) => new Error("m", { cause }), new Error("m"));
  t.equal(JSON.stringify(errorInLog(deep)).match(/"cause"/g)?.length, 4);
});
