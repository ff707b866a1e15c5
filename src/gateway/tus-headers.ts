import type { FastifyReply } from "fastify";
import type { UploadView } from "../catalog/index.ts";
import { type Refusal, refuse } from "../kernel/index.ts";

// tus 1.0.0, https://tus.io/protocols/resumable-upload: core, creation, expiration, checksum, termination.

export const tusVersion = "1.0.0";
export const tusExtensions = "creation,expiration,checksum,termination";
export const tusChecksums = "sha1,sha256";
export const tusBody = "application/offset+octet-stream";

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

function one(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : undefined;
}

/** Says which protocol is spoken, in refusals too; refuses a client that speaks another. */
export function speakTus(headers: Headers, reply: FastifyReply): Refusal<"REQUEST_TUS_VERSION"> | undefined {
  reply.header("tus-resumable", tusVersion);
  if (one(headers, "tus-resumable") === tusVersion) return undefined;
  reply.header("tus-version", tusVersion);
  return refuse("REQUEST_TUS_VERSION", { instead: `Tus-Resumable: ${tusVersion}` });
}

/** A header that is not of the form wanted. */
export const badHeader = (at: string, problem: string) => refuse("REQUEST_INVALID", { in: "headers", at, problem });

/** A byte count of plain digits: no sign, no exponent, no more than can be counted exactly. */
export function countIn(headers: Headers, name: string): number | Refusal<"REQUEST_INVALID"> {
  const text = one(headers, name) ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : badHeader(name, "is a number of bytes");
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** `Upload-Metadata`: `filetype dGV4dC9jc3Y=,mode YXBwZW5k`. Keys that mean nothing here (`filename`) are not looked at. */
export function metadataIn(headers: Headers): ReadonlyMap<string, string> | Refusal<"REQUEST_INVALID"> {
  const found = new Map<string, string>();
  const text = one(headers, "upload-metadata") ?? "";
  for (const pair of text === "" ? [] : text.split(",")) {
    const [key = "", value = "", ...more] = pair.trim().split(" ");
    if (key === "" || more.length > 0 || found.has(key) || !base64.test(value))
      return badHeader("upload-metadata", "is a list of different keys, each with a value in base64");
    found.set(key, Buffer.from(value, "base64").toString());
  }
  return found;
}

const digestBytes = { sha1: 20, sha256: 32 } as const;

/** `Upload-Checksum: sha256 …`, of the bytes of this request. */
export function checksumIn(
  headers: Headers,
): { readonly algorithm: "sha1" | "sha256"; readonly digest: Uint8Array } | undefined | Refusal<"REQUEST_INVALID"> {
  const text = headers["upload-checksum"];
  if (text === undefined) return undefined;
  const [, algorithm, value = ""] = /^(sha1|sha256) (\S+)$/.exec(String(text)) ?? [];
  const digest = Buffer.from(value, "base64");
  if ((algorithm !== "sha1" && algorithm !== "sha256") || !base64.test(value) || digest.length !== digestBytes[algorithm])
    return badHeader("upload-checksum", `is one of ${tusChecksums} and a digest in base64`);
  return { algorithm, digest };
}

/** Where the upload stands, as a tus client reads it. */
export function tellUpload(reply: FastifyReply, { received, length, expiresAt }: UploadView): void {
  reply.headers({
    "upload-offset": String(received),
    "upload-length": String(length),
    "upload-expires": expiresAt.toUTCString(),
  });
}
