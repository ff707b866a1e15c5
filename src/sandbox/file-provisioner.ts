import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { expectOne, type UnitOfWork } from "../audit/index.ts";
import type { DiskSpace, Membership } from "../cluster/index.ts";
import type { Engine } from "../engine/index.ts";
import type { AgreementScope, ScopedTable } from "../governance/index.ts";
import { type Clock, canonicalJson, type Ids, isId, isRefusal, type Refusal, refuse } from "../kernel/index.ts";
import type { Keystore } from "../keys/index.ts";
import { type AgreementSchema, hiddenTables, type ReleaseRules, recordKeyColumn } from "../policy/index.ts";
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

/** What statements of an agreement version see, over the loads that are newest now. */
export interface Outlook {
  readonly schema: AgreementSchema;
  readonly rules: ReleaseRules;
  /** The database over these loads; made if it is not there. */
  ready(): Promise<ReadyProvision | Refusal<ProvisionRefusalCode>>;
}

export interface Provisioner {
  /** Nothing is made by looking: a statement that is refused needs no database. */
  look(agreementVersion: string): Promise<Outlook | Refusal<ProvisionRefusalCode>>;
  /** The database that an earlier job ran on. */
  reopen(provision: string): Promise<ReadyProvision | undefined>;
  /** Removes databases, whole or partial, that a crash left without their row: they hold protected data nobody registered. */
  sweepOrphans(): Promise<number>;
}

interface ProvisionFile {
  readonly path: string;
  readonly name: string;
  /** The gateway that wrote it, or what no gateway is called. */
  readonly holder: string;
}

/** What lies in the folders of the gateways, and whatever lies beside them. */
async function filesBelow(root: string): Promise<readonly ProvisionFile[]> {
  const found: ProvisionFile[] = [];
  // Before the first database there is no folder; any other fault must not look like an empty one.
  const namesIn = (folder: string) =>
    readdir(folder).catch((error: NodeJS.ErrnoException) => (error.code === "ENOENT" ? [] : Promise.reject(error)));
  for (const top of await namesIn(root)) {
    const path = join(root, top);
    if (!isId("gateway", top)) found.push({ path, name: top, holder: "" });
    else for (const name of await namesIn(path)) found.push({ path: join(path, name), name, holder: top });
  }
  return found;
}

/** Why there is no database for a job. */
export type ProvisionRefusalCode = "JOB_PROVISION_IMPOSSIBLE" | "JOB_DISK_LOW";

type Pins = readonly Pick<LoadedVersion, "resource" | "version" | "contentHash">[];

/** What a database may take: as much as what it is made from. */
async function sizeOf(loads: ReadonlyMap<string, LoadedVersion>): Promise<number> {
  const files = Array.from(loads.values()).flatMap((load) => load.files);
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

export function createProvisioner(deps: {
  readonly store: Store;
  readonly work: UnitOfWork;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly keys: Keystore;
  readonly engine: Pick<Engine, "provision">;
  readonly facts: SandboxFacts;
  readonly membership: Pick<Membership, "id" | "alive" | "fence">;
  readonly space: Pick<DiskSpace, "hasRoom">;
  readonly dataDir: string;
}): Provisioner {
  const { store, work, ids, clock, keys, membership } = deps;
  const { db } = store;
  const root = join(deps.dataDir, "provisions");
  // Each gateway writes below its own name: what it has under way is then told from what a dead one left.
  const folder = join(root, membership.id);
  const databaseAt = (location: string) => resolve(deps.dataDir, location);
  // Two jobs that need the same database at once share one making of it.
  const making = new Map<string, Promise<ReadyProvision | Refusal<ProvisionRefusalCode>>>();

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
  ): Promise<ReadyProvision | Refusal<ProvisionRefusalCode>> => {
    if (!(await deps.space.hasRoom(await sizeOf(loads), "provisions"))) return refuse("JOB_DISK_LOW");
    const id = ids.make("provision");
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const output = join(folder, `${id}.duckdb`);
    const secrets = await familySecrets(scope.tables);
    const answer = await deps.engine.provision({
      output,
      hidden: hiddenTables,
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
    if (answer.kind === "failed") return refuse(answer.code === "ENGINE_DISK_FULL" ? "JOB_DISK_LOW" : "JOB_PROVISION_IMPOSSIBLE");
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
              location: relative(deps.dataDir, output),
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
        membership.fence(),
      ],
    );
    if (outcome.kind === "conflict") {
      await rm(output, { force: true });
      return refuse("JOB_PROVISION_IMPOSSIBLE");
    }
    return { id, database: output, schema: scope.schema, rules: scope.rules, versions: pins };
  };

  return {
    look: async (agreementVersion) => {
      const scope = await deps.facts.scopeOf(agreementVersion);
      if (isRefusal(scope)) return refuse("JOB_PROVISION_IMPOSSIBLE");
      const resources = [...new Set(scope.tables.map(({ resource }) => resource))];
      const loads = new Map<string, LoadedVersion>();
      const newest = await Promise.all(resources.map((resource) => deps.facts.newestVersion(resource)));
      for (const [at, resource] of resources.entries()) {
        const load = newest[at];
        if (load === undefined) return refuse("JOB_PROVISION_IMPOSSIBLE", { resource, problem: "has no data yet" });
        loads.set(resource, load);
      }
      const pins = Array.from(loads.values(), ({ resource, version, contentHash }) => ({ resource, version, contentHash }));
      const existing = async (): Promise<ReadyProvision | undefined> => {
        const found = await find(agreementVersion, pins);
        if (found === undefined) return undefined;
        return { id: found.id, database: databaseAt(found.location), schema: scope.schema, rules: scope.rules, versions: pins };
      };
      // Looked for while the statement is compiled.
      const early = existing();
      early.catch(() => undefined);
      const ready = async (): Promise<ReadyProvision | Refusal<ProvisionRefusalCode>> => {
        const found = await early;
        if (found !== undefined) return found;
        const name = canonicalJson([agreementVersion, ...pins.map(({ version }) => version)]);
        // Another gateway may be making the same: it is waited for, and then found.
        const makeOnce = async () => (await existing()) ?? make(scope, loads, pins);
        const begun = making.get(name) ?? store.exclusively(`provision ${name}`, makeOnce).finally(() => making.delete(name));
        making.set(name, begun);
        return begun;
      };
      return { schema: scope.schema, rules: scope.rules, ready };
    },
    sweepOrphans: async () => {
      // Files before gateways before rows: who began in between is then alive, and what was committed is known.
      const files = await filesBelow(root);
      const alive = await membership.alive();
      const rows = await db.selectFrom("provision").select("id").execute();
      const known = new Set(rows.map(({ id }) => `${id}.duckdb`));
      const orphans = files.filter(({ holder, name }) => !alive.has(holder) && !known.has(name));
      for (const { path, name } of orphans) {
        await rm(path, { recursive: true, force: true });
        await work.record({ type: "provision.orphan-removed", actor: sandboxActor, object: name.slice(0, 64), outcome: "done" });
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
        database: databaseAt(row.location),
        schema: scope.schema,
        rules: scope.rules,
        versions: row.resource_versions as unknown as Pins,
      };
    },
  };
}
