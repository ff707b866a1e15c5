import { mkdir, readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { expectOne, type UnitOfWork } from "../audit/index.ts";
import type { Engine } from "../engine/index.ts";
import type { AgreementScope, ScopedTable } from "../governance/index.ts";
import { type Clock, canonicalJson, type Ids, isRefusal, type Refusal, refuse } from "../kernel/index.ts";
import type { Keystore } from "../keys/index.ts";
import { type AgreementSchema, type ReleaseRules, recordKeyColumn } from "../policy/index.ts";
import type { Store } from "../store/index.ts";
import { sandboxActor } from "./claims.ts";
import type { LoadedVersion, SandboxFacts } from "./ports.ts";

/** A desensitised database that the enclave may open, and what it was made from. */
export interface ReadyProvision {
  readonly id: string;
  readonly database: string;
  readonly schema: AgreementSchema;
  readonly rules: ReleaseRules;
  readonly versions: readonly Pick<LoadedVersion, "resource" | "version" | "contentHash">[];
}

export interface Provisioner {
  /** The database of an agreement version over the newest loads; made if it is not there. */
  ready(agreementVersion: string): Promise<ReadyProvision | Refusal<"JOB_PROVISION_IMPOSSIBLE">>;
  /** The database that an earlier job ran on. */
  reopen(provision: string): Promise<ReadyProvision | undefined>;
  /** Removes databases, whole or partial, that a crash left without their row: they hold protected data nobody registered. */
  sweepOrphans(): Promise<number>;
}

type Pins = readonly Pick<LoadedVersion, "resource" | "version" | "contentHash">[];

export function createProvisioner(deps: {
  readonly store: Store;
  readonly work: UnitOfWork;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly keys: Keystore;
  readonly engine: Pick<Engine, "provision">;
  readonly facts: SandboxFacts;
  readonly dataDir: string;
}): Provisioner {
  const { store, work, ids, clock, keys } = deps;
  const { db } = store;
  const folder = join(deps.dataDir, "provisions");
  // Two jobs that need the same database at once share one making of it.
  const making = new Map<string, Promise<ReadyProvision | Refusal<"JOB_PROVISION_IMPOSSIBLE">>>();

  const familySecrets = async (tables: readonly ScopedTable[]): Promise<ReadonlyMap<string, Uint8Array>> => {
    const secrets = new Map<string, Uint8Array>();
    for (const { family } of tables) if (!secrets.has(family)) secrets.set(family, await keys.secret("family-record", family));
    return secrets;
  };

  const find = async (version: string, pins: Pins): Promise<{ id: string; location: string } | undefined> => {
    const rows = await db
      .selectFrom("provision")
      .innerJoin("copy", "copy.id", "provision.copy_id")
      .select(["provision.id", "provision.resource_versions", "copy.location"])
      .where("agreement_version_id", "=", version)
      .where("copy.destroyed_at", "is", null)
      .execute();
    const wanted = canonicalJson(pins.map((pin) => ({ ...pin })));
    return rows.find((row) => canonicalJson(row.resource_versions) === wanted);
  };

  const make = async (
    scope: AgreementScope,
    loads: ReadonlyMap<string, LoadedVersion>,
    pins: Pins,
  ): Promise<ReadyProvision | Refusal<"JOB_PROVISION_IMPOSSIBLE">> => {
    const id = ids.make("provision");
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const output = join(folder, `${id}.duckdb`);
    const secrets = await familySecrets(scope.tables);
    const answer = await deps.engine.provision({
      output,
      surrogateKey: await keys.secret("agreement-surrogate", scope.agreement),
      tables: scope.tables.map((table) => ({
        name: table.name,
        files: loads.get(table.resource)?.files ?? [],
        familySecret: secrets.get(table.family) ?? new Uint8Array(),
        columns: table.columns
          .map((column) => ({ column, subject: table.subjects.find((subject) => subject.column === column.name) }))
          // Direct identifiers that are no owner key are simply not there.
          .filter(({ column, subject }) => column.role !== "identifier" || subject !== undefined)
          .map(({ column, subject }) =>
            subject === undefined
              ? { name: column.name, type: column.type, as: "plain" as const }
              : { name: column.name, type: column.type, as: "surrogate" as const, kind: subject.kind },
          ),
        rowFilter: table.rowFilter,
        recordKeys: table.subjects.map(({ column, kind }) => ({ column, kind, hidden: recordKeyColumn(column) })),
      })),
    });
    if (answer.kind === "failed") return refuse("JOB_PROVISION_IMPOSSIBLE");
    const copy = ids.make("copy");
    const now = clock.now();
    const outcome = await work.change(
      {
        type: "provision.created",
        actor: sandboxActor,
        object: id,
        from: [scope.agreement, ...pins.map(({ version }) => version)],
        links: { version: scope.version },
        outcome: "done",
        data: { sha256: answer.sha256, bytes: answer.bytes },
      },
      [
        expectOne(
          db
            .insertInto("copy")
            .values({
              id: copy,
              kind: "provision",
              object_id: id,
              location: output,
              bytes: answer.bytes,
              sha256: answer.sha256,
              created_at: now,
            })
            .returning("id"),
        ),
        expectOne(
          db
            .insertInto("provision")
            .values({
              id,
              agreement_version_id: scope.version,
              resource_versions: JSON.stringify(pins),
              schema: JSON.stringify(scope.schema),
              copy_id: copy,
              created_at: now,
            })
            .returning("id"),
        ),
      ],
    );
    if (outcome.kind === "conflict") {
      await rm(output, { force: true });
      return refuse("JOB_PROVISION_IMPOSSIBLE");
    }
    return { id, database: output, schema: scope.schema, rules: scope.rules, versions: pins };
  };

  return {
    ready: async (agreementVersion) => {
      const scope = await deps.facts.scopeOf(agreementVersion);
      if (isRefusal(scope)) return refuse("JOB_PROVISION_IMPOSSIBLE");
      const loads = new Map<string, LoadedVersion>();
      for (const { resource } of scope.tables) {
        const load = await deps.facts.newestVersion(resource);
        if (load === undefined) return refuse("JOB_PROVISION_IMPOSSIBLE", { resource, problem: "has no data yet" });
        loads.set(resource, load);
      }
      const pins = Array.from(loads.values(), ({ resource, version, contentHash }) => ({ resource, version, contentHash }));
      const found = await find(agreementVersion, pins);
      if (found !== undefined)
        return { id: found.id, database: found.location, schema: scope.schema, rules: scope.rules, versions: pins };
      const name = canonicalJson([agreementVersion, ...pins.map(({ version }) => version)]);
      const begun = making.get(name) ?? make(scope, loads, pins).finally(() => making.delete(name));
      making.set(name, begun);
      return begun;
    },
    sweepOrphans: async () => {
      const rows = await db.selectFrom("copy").select("location").where("kind", "=", "provision").execute();
      const known = new Set(rows.map(({ location }) => location));
      const names = await readdir(folder).catch(() => []);
      const orphans = names.map((name) => join(folder, name)).filter((path) => !known.has(path));
      for (const path of orphans) {
        await rm(path, { recursive: true, force: true });
        const object = basename(path).slice(0, 64);
        await work.record({ type: "provision.orphan-removed", actor: sandboxActor, object, outcome: "done" });
      }
      return orphans.length;
    },
    reopen: async (provision) => {
      const row = await db
        .selectFrom("provision")
        .innerJoin("copy", "copy.id", "provision.copy_id")
        .select(["provision.agreement_version_id", "provision.resource_versions", "copy.location", "copy.destroyed_at"])
        .where("provision.id", "=", provision)
        .executeTakeFirst();
      if (row === undefined || row.destroyed_at !== null) return undefined;
      const scope = await deps.facts.scopeOf(row.agreement_version_id);
      if (isRefusal(scope)) return undefined;
      return {
        id: provision,
        database: row.location,
        schema: scope.schema,
        rules: scope.rules,
        versions: row.resource_versions as unknown as Pins,
      };
    },
  };
}
