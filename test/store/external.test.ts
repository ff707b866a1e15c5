import t from "tap";
import { systemRandom } from "../../src/kernel/index.ts";
import { migrateExternal, openStore, type ServerUrls, type Store } from "../../src/store/index.ts";
import { startSharedServer } from "../support/server.ts";

const server = await startSharedServer(t);
const { service, owner } = server.urls;
const open = async (urls: ServerUrls, readOnly = false): Promise<Store> => {
  const store = await openStore({ dataDir: "/nowhere", random: systemRandom, log: () => undefined, server: urls, readOnly });
  t.teardown(() => store.close());
  return store;
};
const refusedAs = (code: string, message = /./) => ({ code, message });

t.test("a database nobody migrated stops the start, and says who migrates", async (t) => {
  await t.rejects(
    open({ service }),
    refusedAs("STORE_NOT_MIGRATED", /0001-foundation\.sql.*npm run migrate.*DATABASE_OWNER_URL/),
  );
  t.match((await migrateExternal(owner))[0], "0001-foundation.sql");
  t.strictSame(await migrateExternal(owner), []);
});

t.test("two gateways share what they write, and no folder, server or lock is made for them", async (t) => {
  const [one, other] = await Promise.all([open({ service }), open({ service, owner })]);
  t.ok(one.shared);
  t.equal(one.serverPid(), undefined);
  await one.db
    .insertInto("resource_family")
    .values({ id: "fam", title: "shared", created_at: new Date(0) })
    .execute();
  t.strictSame(await other.db.selectFrom("resource_family").select("id").execute(), [{ id: "fam" }]);
  const reader = await open({ service, owner }, true);
  await t.rejects(reader.db.deleteFrom("account_role").execute(), { code: "25006" }, "and one opened for reading writes nothing");
});

t.test("the server's clock is told, whatever time zone its administrator prefers", async (t) => {
  const admin = await server.administrator();
  await admin.query("ALTER DATABASE hanguang SET timezone = 'Asia/Shanghai'; ALTER DATABASE hanguang SET datestyle = 'German'");
  const store = await open({ service });
  t.ok(Math.abs((await store.time()).getTime() - Date.now()) < 60_000);
  await admin.query("ALTER DATABASE hanguang RESET ALL");
  await admin.end();
});

t.test("what must not run twice at once does not, whichever gateway asks", async (t) => {
  const stores = await Promise.all([open({ service }), open({ service })]);
  let inside = 0;
  let most = 0;
  const order: number[] = [];
  await Promise.all(
    [0, 1, 2, 3].map((at) =>
      stores[at % 2]?.exclusively("one thing", async () => {
        most = Math.max(most, ++inside);
        await stores[at % 2]?.ping();
        order.push(at);
        inside--;
      }),
    ),
  );
  t.equal(most, 1);
  t.equal(order.length, 4);
  await t.rejects(
    stores[0]?.exclusively("one thing", () => Promise.reject(new Error("it failed"))) ?? Promise.resolve(),
    /it failed/,
  );
  t.equal(await stores[1]?.exclusively("one thing", async () => "free again"), "free again");
});

t.test("a gateway does not start with a role that could alter what is past", async (t) => {
  const admin = await server.administrator();
  await t.rejects(
    open({ service: owner }),
    refusedAs("STORE_SERVICE_TOO_POWERFUL", /owner of the tables.*owner of the database/),
  );
  await admin.query(
    "CREATE ROLE stranger LOGIN PASSWORD 'x'; GRANT CONNECT ON DATABASE hanguang TO stranger; GRANT SELECT ON migration TO stranger",
  );
  await t.rejects(
    open({ service: server.url("stranger", "x") }),
    refusedAs("STORE_SERVICE_NOT_MEMBER", /GRANT hanguang_service/),
  );
  await admin.query("GRANT hanguang_service TO stranger");
  t.ok(await open({ service: server.url("stranger", "x") }), "any member will do");
  const tooMuch: readonly (readonly [string, string, RegExp])[] = [
    ["GRANT UPDATE ON audit_event TO gateway", "REVOKE UPDATE ON audit_event FROM gateway", /may alter audit_event/],
    [
      "GRANT DELETE ON audit_leaf TO hanguang_service",
      "REVOKE DELETE ON audit_leaf FROM hanguang_service",
      /may alter audit_leaf/,
    ],
    ["GRANT INSERT ON migration TO gateway", "REVOKE INSERT ON migration FROM gateway", /may alter migration/],
    ["GRANT pg_write_all_data TO gateway", "REVOKE pg_write_all_data FROM gateway", /pg_write_all_data.*may alter audit_event/],
    ["GRANT pg_execute_server_program TO gateway", "REVOKE pg_execute_server_program FROM gateway", /pg_execute_server_program/],
    [
      "GRANT SET ON PARAMETER session_replication_role TO gateway",
      "REVOKE SET ON PARAMETER session_replication_role FROM gateway",
      /switch triggers off/,
    ],
    ["ALTER ROLE gateway SUPERUSER", "ALTER ROLE gateway NOSUPERUSER", /is a superuser/],
    ["ALTER ROLE gateway CREATEROLE", "ALTER ROLE gateway NOCREATEROLE", /may make roles/],
    ["GRANT CREATE ON SCHEMA public TO gateway", "REVOKE CREATE ON SCHEMA public FROM gateway", /may make tables/],
    ["GRANT hanguang_schema TO gateway", "REVOKE hanguang_schema FROM gateway", /owner of the tables/],
  ];
  for (const [grant, revoke, message] of tooMuch) {
    await admin.query(grant);
    await t.rejects(open({ service }), refusedAs("STORE_SERVICE_TOO_POWERFUL", message), grant);
    await admin.query(revoke);
  }
  t.ok(await open({ service }));
  await admin.end();
});

t.test("a server that may lose what it acknowledged is not used", async (t) => {
  const admin = await server.administrator();
  const reloaded = async (setting: string) => {
    await admin.query(`ALTER SYSTEM SET ${setting}`);
    await admin.query("SELECT pg_reload_conf()");
    const [name = ""] = setting.split(" ");
    // The signal is asynchronous; a new session tells when it has arrived.
    for (let value = ""; !setting.endsWith(` ${value}`); ) {
      const session = await server.administrator();
      value = (await session.query(`SHOW ${name}`)).rows[0][name];
      await session.end();
    }
  };
  for (const name of ["fsync", "synchronous_commit"]) {
    await reloaded(`${name} = off`);
    await t.rejects(open({ service }), refusedAs("STORE_SERVER_UNSUITABLE", new RegExp(`may lose.*${name} = off`)));
    await t.rejects(migrateExternal(owner), refusedAs("STORE_SERVER_UNSUITABLE"));
    await reloaded(`${name} = on`);
  }
  await admin.end();
});

t.test("an address that is wrong or unsafe is refused, and never shown", async (t) => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["mysql://u:hunter2@localhost/d", /is no PostgreSQL address/],
    ["postgresql://u:hunter2@local host:99999999/d", /cannot be read|is not on this machine/],
    ["postgresql://u:hunter2@db.example/d", /needs sslmode=verify-full/],
    ["postgresql://u:hunter2@10.0.0.7/d?sslmode=no-verify", /needs sslmode=verify-full/],
    ["postgresql://u:hunter2@db.example/d?sslmode=verify-full&sslmode=disable", /needs sslmode=verify-full/],
    ["postgresql://u:hunter2@127.0.0.1.evil.example/d", /needs sslmode=verify-full/],
  ];
  for (const [url, message] of wrong) {
    const error = await open({ service: url }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    t.match(error, { code: "STORE_URL_INVALID", message }, url);
    t.notMatch(`${(error as Error).stack}${JSON.stringify(error)}${(error as Error).cause}`, /hunter2/);
  }
  await t.rejects(migrateExternal("postgresql://u:hunter2@db.example/d"), { message: /^DATABASE_OWNER_URL/ });
  const closed = await open({ service: "postgresql://gateway:hunter2@127.0.0.1:1/hanguang" }).catch((error: unknown) => error);
  t.match(closed, { code: "STORE_UNAVAILABLE", message: /127\.0\.0\.1:1/ });
  t.notMatch(String((closed as Error).cause), /hunter2/);
  await t.rejects(open({ service: server.url("gateway", "wrong") }), {
    code: "STORE_UNAVAILABLE",
    message: /does not let gateway in/,
  });
});

t.test("where the owner may not make the role of the grants, it says what to run", async (t) => {
  const admin = await server.administrator("postgres");
  await admin.query("CREATE ROLE poor LOGIN PASSWORD 'p'");
  await admin.query("CREATE DATABASE second OWNER poor");
  await admin.query("ALTER ROLE hanguang_service RENAME TO other_name");
  const url = server.url("poor", "p", "second");
  await t.rejects(migrateExternal(url), refusedAs("STORE_ROLE_MISSING", /CREATE ROLE hanguang_service NOLOGIN/));
  await admin.query("ALTER ROLE poor CREATEROLE");
  t.match((await migrateExternal(url))[0], "0001-foundation.sql", "and makes it where it may");
  await admin.end();
});
