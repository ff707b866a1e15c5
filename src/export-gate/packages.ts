import type { Selectable } from "kysely";
import { expectOne } from "../audit/index.ts";
import { canonicalJson, type JsonValue, sha256Hex } from "../kernel/index.ts";
import type { Tables } from "../store/index.ts";
import type { ExportRow } from "./access.ts";
import { packFiles } from "./archive.ts";
import type { Content } from "./content.ts";
import type { GateContext } from "./context.ts";
import { createPackageFiles } from "./file-packages.ts";
import { toCsv } from "./formats/csv.ts";
import { signManifest } from "./jose-manifest.ts";
import { type dataFiles, leafFile, type Manifest, manifestFile, proofFile, signatureFile } from "./manifest.ts";
import { openContent } from "./results.ts";

type DataFiles = Readonly<Record<(typeof dataFiles)[number], Uint8Array>>;
type PackageRow = Selectable<Tables["package"]>;

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "utf8"));
const contextOf = (id: string): string => `package/${id}`;

/** Makes, keeps and opens packages. */
export interface Packages {
  /** The manifest of an export about to be released. */
  describe(row: ExportRow, by: string, at: Date): Promise<Manifest>;
  /** The package's bytes; assembled and sealed at first use, which a crash before only puts off. */
  bytes(row: ExportRow, packaged: PackageRow): Promise<Buffer>;
}

export const manifestBytes = (manifest: Manifest): Uint8Array => bytesOf(canonicalJson(manifest as unknown as JsonValue));

export function createPackages(context: GateContext): Packages {
  const { store, work, ids, clock, keys, log, ports } = context;
  const { db } = store;
  const files = createPackageFiles(context.dataDir);

  const contentOf = async (row: ExportRow): Promise<Content> =>
    openContent(
      context,
      row.agreement_id,
      await db.selectFrom("result").selectAll().where("id", "=", row.result_id).executeTakeFirstOrThrow(),
      row.content_hash,
    );

  const dataOf = async (row: ExportRow): Promise<DataFiles> => {
    const content = await contentOf(row);
    return {
      "data.csv": bytesOf(toCsv(content)),
      "data.json": bytesOf(canonicalJson(content as unknown as JsonValue)),
      "checks.json": bytesOf(canonicalJson(row.checks)),
    };
  };

  const read = async (row: ExportRow, packaged: PackageRow): Promise<Buffer> => {
    const { location } = await db
      .selectFrom("copy")
      .select("location")
      .where("id", "=", packaged.copy_id)
      .executeTakeFirstOrThrow();
    return keys.unseal("agreement-data", row.agreement_id, await files.read(location), contextOf(packaged.id));
  };

  const assemble = async (row: ExportRow, packaged: PackageRow): Promise<Buffer> => {
    const manifest = manifestBytes(packaged.manifest as unknown as Manifest);
    const { privateKey } = await keys.signing("package-signing");
    const evidence = await log.inclusion(packaged.release_event_id);
    const zip = packFiles({
      ...(await dataOf(row)),
      [manifestFile]: manifest,
      [signatureFile]: bytesOf(`${await signManifest(manifest, privateKey)}\n`),
      [proofFile]: bytesOf(evidence.proof),
      [leafFile]: evidence.leaf,
    });
    // A file of its own: two requests that assemble the same package must not write into one another's.
    const copy = ids.make("copy");
    await files.write(copy, await keys.seal("agreement-data", row.agreement_id, zip, contextOf(packaged.id)));
    const insert = db
      .insertInto("copy")
      .values({
        id: copy,
        kind: "package",
        object_id: packaged.id,
        location: files.locationOf(copy),
        bytes: zip.length,
        sha256: sha256Hex(zip),
        created_at: clock.now(),
      })
      .returning("id");
    const link = db
      .updateTable("package")
      .set({ copy_id: copy })
      .where("id", "=", packaged.id)
      .where("copy_id", "is", null)
      .returning("id");
    const outcome = await work.change(
      {
        type: "package.sealed",
        actor: { kind: "system", component: "export-gate" },
        object: packaged.id,
        from: [row.id],
        outcome: "done",
        data: { sha256: sha256Hex(zip), bytes: zip.length },
      },
      [expectOne(link), expectOne(insert)],
    );
    if (outcome.kind === "done") return Buffer.from(zip);
    // Another request was first: its package is the one, so that all recipients hold the same bytes.
    await files.remove(copy);
    return read(row, await db.selectFrom("package").selectAll().where("id", "=", packaged.id).executeTakeFirstOrThrow());
  };

  return {
    describe: async (row, by, at) => {
      const lineage = await ports.lineage(row.job_id);
      const result = await db
        .selectFrom("result")
        .select("plan_digest")
        .where("id", "=", row.result_id)
        .executeTakeFirstOrThrow();
      const votes = await db.selectFrom("vote").selectAll().where("export_id", "=", row.id).orderBy("id").execute();
      const data = await dataOf(row);
      return {
        v: 1,
        export: row.id,
        product: row.product_name,
        purpose: row.purpose,
        agreement: { id: row.agreement_id, version: lineage.agreementVersion.id, digest: lineage.agreementVersion.digest },
        job: row.job_id,
        result: row.result_id,
        provision: lineage.provision,
        resourceVersions: lineage.resourceVersions,
        statement: { sqlHash: lineage.sqlHash, planDigest: result.plan_digest },
        contentHash: row.content_hash,
        checks: (row.checks as readonly JsonValue[]).map((report) => {
          const { id, verdict } = report as { readonly id: string; readonly verdict: string };
          return { id, verdict };
        }),
        reviewers: votes.map((vote) => ({
          reviewer: vote.reviewer_id,
          decision: vote.decision,
          at: vote.created_at.toISOString(),
        })),
        releasedBy: by,
        releasedAt: at.toISOString(),
        articles: ["22", "24"],
        files: Object.fromEntries(Object.entries(data).map(([name, bytes]) => [name, sha256Hex(bytes)])),
      };
    },
    bytes: (row, packaged) => (packaged.copy_id === null ? assemble(row, packaged) : read(row, packaged)),
  };
}
