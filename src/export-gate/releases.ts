import { expectOne, expectRows } from "../audit/index.ts";
import { type AuthenticatedActor, toActor } from "../identity/index.ts";
import { type Refusal, sha256, sha256Hex } from "../kernel/index.ts";
import { type ExportRow, exportFor } from "./access.ts";
import type { GateContext } from "./context.ts";
import { type ExportView, viewExport } from "./exports.ts";
import { createPackages, manifestBytes } from "./packages.ts";
import { recordRefusal } from "./recorded-refusal.ts";
import type { ExportRefusalCode } from "./refusals.ts";

export interface Grant {
  readonly id: string;
  /** Shown once; only its hash is kept. */
  readonly token: string;
  readonly expiresAt: string;
}

export interface Releases {
  release(caller: AuthenticatedActor, id: string): Promise<ExportView | Refusal<ExportRefusalCode>>;
  /** Open grants are void with the same change. */
  revoke(
    caller: AuthenticatedActor,
    request: { readonly export: string; readonly reason: string },
  ): Promise<ExportView | Refusal<ExportRefusalCode>>;
  /** Leave to fetch the package once, by this account, within minutes. */
  createGrant(caller: AuthenticatedActor, id: string): Promise<Grant | Refusal<ExportRefusalCode>>;
  /** The package for a grant's token. Wrong, used, late, another's and withdrawn are one answer. */
  redeem(
    caller: AuthenticatedActor,
    token: string,
  ): Promise<{ readonly fileName: string; readonly bytes: Buffer } | Refusal<ExportRefusalCode>>;
}

const tokenPrefix = "hgd_";

export function createReleases(context: GateContext): Releases {
  const { store, work, ids, clock, random, governance, settings } = context;
  const { db } = store;
  const packages = createPackages(context);

  type Attempt = Parameters<typeof recordRefusal>[2];
  const no = (caller: AuthenticatedActor, type: Attempt["type"], object: string, code: ExportRefusalCode) =>
    recordRefusal(context, caller, { type, object, code });
  const load = (id: string) => db.selectFrom("export").selectAll().where("id", "=", id).executeTakeFirstOrThrow();

  /** Approvals of this very content and evidence: a state written over in the store releases nothing. */
  const hasItsVotes = async (row: ExportRow): Promise<boolean> => {
    const votes = await db
      .selectFrom("vote")
      .select("id")
      .where("export_id", "=", row.id)
      .where("decision", "=", "approve")
      .where("content_hash", "=", row.content_hash)
      .where("evidence_hash", "=", row.evidence_hash)
      .execute();
    return votes.length >= row.reviewers_needed;
  };

  /** The export if the caller may do this to it while its agreement is in force; else the refusal, recorded. */
  const admitted = async (caller: AuthenticatedActor, id: string, action: string, type: Attempt["type"]) => {
    const found = await exportFor(context, caller, id, action);
    if (found === undefined) return no(caller, type, id, "EXPORT_NOT_FOUND");
    if (!found.allowed) return no(caller, type, id, "EXPORT_REVIEWER_EXCLUDED");
    if (action !== "revoke" && !(await governance.inForce(found.row.agreement_id)))
      return no(caller, type, id, "EXPORT_AGREEMENT_NOT_IN_FORCE");
    return found.row;
  };

  return {
    release: async (caller, id) => {
      const type = "export.released";
      const row = await admitted(caller, id, "release", type);
      if ("kind" in row) return row;
      if (row.state !== "approved") return no(caller, type, id, "EXPORT_NOT_IN_THAT_STATE");
      if (!(await hasItsVotes(row))) return no(caller, type, id, "EXPORT_NOT_IN_THAT_STATE");
      const manifest = await packages.describe(row, caller.id, clock.now());
      const update = db
        .updateTable("export")
        .set({ state: "released" })
        .where("id", "=", id)
        .where("state", "=", "approved")
        .returning("id");
      const packaged = ids.make("package");
      const outcome = await work.change(
        {
          type,
          actor: toActor(caller),
          object: id,
          links: { agreement: row.agreement_id, result: row.result_id, package: packaged },
          outcome: "done",
          data: { manifestHash: sha256Hex(manifestBytes(manifest)), contentHash: row.content_hash },
        },
        (event) => [
          expectOne(update),
          expectOne(
            db
              .insertInto("package")
              .values({
                id: packaged,
                export_id: id,
                copy_id: null,
                release_event_id: event,
                manifest: JSON.stringify(manifest),
                created_at: clock.now(),
              })
              .returning("id"),
          ),
        ],
      );
      if (outcome.kind === "conflict") return no(caller, type, id, "EXPORT_NOT_IN_THAT_STATE");
      await packages.bytes(row, await db.selectFrom("package").selectAll().where("id", "=", packaged).executeTakeFirstOrThrow());
      return viewExport(context, await load(id));
    },
    revoke: async (caller, { export: id, reason }) => {
      const type = "export.revoked";
      const row = await admitted(caller, id, "revoke", type);
      if ("kind" in row) return row;
      if (reason.trim() === "") return no(caller, type, id, "EXPORT_REASON_MISSING");
      const update = db
        .updateTable("export")
        .set({ state: "revoked" })
        .where("id", "=", id)
        .where("state", "=", "released")
        .returning("id");
      // Over since its making, for a redeem that read the clock before this change and writes after it.
      const voidGrants = db
        .updateTable("download_grant")
        .set((eb) => ({ expires_at: eb.ref("created_at") }))
        .where("used_at", "is", null)
        .where("package_id", "in", db.selectFrom("package").select("package.id").where("package.export_id", "=", id))
        .returning("id");
      const outcome = await work.change(
        { type, actor: toActor(caller), object: id, links: { agreement: row.agreement_id }, outcome: "done" },
        [expectOne(update), expectRows(voidGrants)],
      );
      return outcome.kind === "done" ? viewExport(context, await load(id)) : no(caller, type, id, "EXPORT_NOT_IN_THAT_STATE");
    },
    createGrant: async (caller, id) => {
      const type = "grant.created";
      const row = await admitted(caller, id, "download", type);
      if ("kind" in row) return row;
      if (row.state !== "released") return no(caller, type, id, "EXPORT_NOT_IN_THAT_STATE");
      // A released export has its package: one change made both.
      const packaged = await db.selectFrom("package").select("id").where("export_id", "=", id).executeTakeFirstOrThrow();
      const token = tokenPrefix + Buffer.from(random.bytes(32)).toString("base64url");
      const grant = ids.make("grant");
      const now = clock.now();
      const expiresAt = new Date(now.getTime() + settings.grantTtlMs);
      const insert = db
        .insertInto("download_grant")
        .values({
          id: grant,
          package_id: packaged.id,
          account_id: caller.id,
          token_hash: Buffer.from(sha256(token)),
          expires_at: expiresAt,
          created_at: now,
        })
        .returning("id");
      await work.change(
        {
          type,
          actor: toActor(caller),
          object: grant,
          from: [packaged.id],
          links: { export: id, agreement: row.agreement_id },
          outcome: "done",
          data: { expiresAt: expiresAt.toISOString() },
        },
        [expectOne(insert)],
      );
      return { id: grant, token, expiresAt: expiresAt.toISOString() };
    },
    redeem: async (caller, token) => {
      const type = "grant.redeemed";
      const grant = await db
        .selectFrom("download_grant")
        .selectAll()
        .where("token_hash", "=", Buffer.from(sha256(token)))
        .executeTakeFirst();
      if (grant === undefined) return no(caller, type, "unknown", "EXPORT_GRANT_INVALID");
      const packaged = await db.selectFrom("package").selectAll().where("id", "=", grant.package_id).executeTakeFirstOrThrow();
      const row = await load(packaged.export_id);
      const now = clock.now();
      const open =
        grant.account_id === caller.id &&
        grant.used_at === null &&
        grant.expires_at > now &&
        row.state === "released" &&
        (await governance.inForce(row.agreement_id));
      if (!open) return no(caller, type, grant.id, "EXPORT_GRANT_INVALID");
      // Opened before the grant is spent: a package that cannot be read costs nobody a grant.
      const bytes = await packages.bytes(row, packaged);
      const spend = db
        .updateTable("download_grant")
        .set({ used_at: now })
        .where("id", "=", grant.id)
        .where("used_at", "is", null)
        .where("expires_at", ">", now)
        .returning("id");
      const outcome = await work.change(
        {
          type,
          actor: toActor(caller),
          object: grant.id,
          links: { package: packaged.id, export: row.id, agreement: row.agreement_id },
          outcome: "done",
          data: { sha256: sha256Hex(bytes) },
        },
        [expectOne(spend)],
      );
      return outcome.kind === "done" ? { fileName: `${row.id}.zip`, bytes } : no(caller, type, grant.id, "EXPORT_GRANT_INVALID");
    },
  };
}
