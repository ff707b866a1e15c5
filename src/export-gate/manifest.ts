import type { JsonValue } from "../kernel/index.ts";

/** What is in a package and why it may be out; canonical JSON of this is what is signed. */
export interface Manifest {
  readonly v: 1;
  readonly export: string;
  readonly product: string;
  readonly purpose: string;
  readonly agreement: { readonly id: string; readonly version: string; readonly digest: string };
  readonly job: string;
  readonly result: string;
  readonly provision: string;
  readonly resourceVersions: readonly { readonly resource: string; readonly version: string; readonly contentHash: string }[];
  readonly statement: { readonly sqlHash: string; readonly planDigest: string };
  readonly contentHash: string;
  readonly checks: JsonValue;
  readonly reviewers: readonly { readonly reviewer: string; readonly decision: string; readonly at: string }[];
  readonly releasedBy: string;
  readonly releasedAt: string;
  /** Regulation the release answers to. */
  readonly articles: readonly string[];
  /** SHA-256 (hex) of each data file. */
  readonly files: Readonly<Record<string, string>>;
}

/** Names of the files in a package, in order. */
export const contentFile = "data.json";
export const dataFiles = ["data.csv", contentFile, "checks.json"] as const;
export const manifestFile = "manifest.json";
export const signatureFile = "manifest.jws";
export const proofFile = "release.tlog-proof";
export const leafFile = "release-event.json";
