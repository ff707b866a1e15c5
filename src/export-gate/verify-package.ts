import { leafHash, parseCheckpoint, parseVerifierKey, sha256Hex, verifyInclusion, verifyNote } from "../kernel/index.ts";
import { unpackFiles } from "./archive.ts";
import { type Content, hashContent } from "./content.ts";
import { openManifest } from "./jose-manifest.ts";
import { contentFile, dataFiles, leafFile, type Manifest, manifestFile, proofFile, signatureFile } from "./manifest.ts";

/** One thing that was looked at, and whether it held. */
export interface PackageFinding {
  readonly check: string;
  readonly ok: boolean;
  readonly note: string;
}

const expectedFiles: readonly string[] = [...dataFiles, manifestFile, signatureFile, proofFile, leafFile];
const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? new Uint8Array()).toString("utf8");

function parseJson<T>(bytes: Uint8Array | undefined): T | undefined {
  try {
    return JSON.parse(text(bytes)) as T;
  } catch {
    return undefined;
  }
}

/** The hash of the table in the bytes, or undefined for bytes that hold none. */
function tableHash(bytes: Uint8Array | undefined): string | undefined {
  try {
    return hashContent(JSON.parse(text(bytes)) as Content);
  } catch {
    return undefined;
  }
}

/** Whether the proof leads from the leaf to a checkpoint that the log's key signed (c2sp.org/tlog-proof). */
function proofHolds(proof: string, leaf: Uint8Array, logKey: string): boolean {
  const [header, place, ...rest] = proof.split("\n");
  const blank = rest.indexOf("");
  const index = /^index (0|[1-9]\d{0,15})$/.exec(place ?? "")?.[1];
  if (header !== "c2sp.org/tlog-proof@v1" || index === undefined || blank < 0) return false;
  const opened = verifyNote(rest.slice(blank + 1).join("\n"), [parseVerifierKey(logKey)]);
  const checkpoint = opened.kind === "verified" ? parseCheckpoint(opened.text) : opened;
  if (checkpoint.kind !== "checkpoint") return false;
  const hashes = rest.slice(0, blank).map((line) => new Uint8Array(Buffer.from(line, "base64")));
  return verifyInclusion({
    leafHash: leafHash(leaf),
    index: BigInt(index),
    size: checkpoint.size,
    proof: hashes,
    root: checkpoint.root,
  });
}

/**
 * Checks a package off line: complete, unaltered, signed by the platform, released in the log. The
 * two verifier keys come from elsewhere than the package: what it says of itself proves nothing.
 */
export async function verifyPackage(
  archive: Uint8Array,
  keys: { readonly packageKey: string; readonly logKey: string },
): Promise<readonly PackageFinding[]> {
  const findings: PackageFinding[] = [];
  const say = (check: string, ok: boolean, note: string): void => void findings.push({ check, ok, note });
  const files: Readonly<Partial<Record<string, Uint8Array>>> = unpackFiles(archive) ?? {};
  const names = Object.keys(files);
  const complete = names.length === expectedFiles.length && expectedFiles.every((name) => names.includes(name));
  say("files", complete, complete ? `${names.length} files` : `expected ${expectedFiles.join(", ")}`);
  const manifestBytes = files[manifestFile] ?? new Uint8Array();
  const manifest = parseJson<Manifest>(manifestBytes);
  for (const name of dataFiles) {
    const bytes = files[name];
    const ok = bytes !== undefined && manifest?.files?.[name] === sha256Hex(bytes);
    say(`hash of ${name}`, ok, ok ? "as the manifest says" : "is not what the manifest says");
  }
  const hash = tableHash(files[contentFile]);
  const contentOk = hash !== undefined && hash === manifest?.contentHash;
  say("content", contentOk, contentOk ? "what the reviewers voted on" : "is not what the reviewers voted on");
  const signed = await openManifest(text(files[signatureFile]), parseVerifierKey(keys.packageKey).publicKey);
  const signatureOk = signed !== undefined && Buffer.from(signed).equals(manifestBytes);
  say("signature", signatureOk, signatureOk ? "by the platform's package key" : "is not this key's over this manifest");
  const leaf = files[leafFile];
  const event = parseJson<{
    readonly type?: string;
    readonly object?: string;
    readonly data?: { readonly manifestHash?: string };
  }>(leaf);
  const eventOk =
    event?.type === "export.released" &&
    event.object === manifest?.export &&
    event.data?.manifestHash === sha256Hex(manifestBytes);
  say("release event", eventOk, eventOk ? "names this manifest" : "does not name this manifest");
  const inLog = leaf !== undefined && proofHolds(text(files[proofFile]), leaf, keys.logKey);
  say("inclusion in the log", inLog, inLog ? "proved under a signed checkpoint" : "is not proved");
  return findings;
}
