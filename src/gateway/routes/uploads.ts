import Type from "typebox";
import type { Catalog } from "../../catalog/index.ts";
import { isRefusal } from "../../kernel/index.ts";
import { entityTag } from "../if-match.ts";
import { type AnyRoute, route } from "../route.ts";
import { closed, idParams, idText, instant } from "../shapes.ts";
import { json, nothing } from "../success.ts";
import {
  badHeader,
  checksumIn,
  countIn,
  metadataIn,
  speakTus,
  tellUpload,
  tusBody,
  tusChecksums,
  tusExtensions,
  tusVersion,
} from "../tus-headers.ts";
import { loadedVersion } from "../views/resource-view.ts";
import { fileRefusals, formatRefusals, readingRefusals, targetRefusals, valueRefusals } from "./hand-in-refusals.ts";

const uploadView = closed(
  {
    id: idText,
    resource: idText,
    length: Type.Integer(),
    received: Type.Integer({ description: "Bytes that are durably here: where to go on." }),
    expiresAt: instant,
  },
  { title: "Upload" },
);

const absent = ["CATALOG_UPLOAD_NOT_FOUND", "CATALOG_UPLOAD_EXPIRED", "CATALOG_UPLOAD_LOADED"] as const;
const load = { action: "load", kind: "resource" } as const;

/** Files that come in pieces, over hours, by connections that break: tus 1.0.0, and a finish with the file's hash. */
export function uploadRoutes({ catalog }: { readonly catalog: Catalog }): readonly AnyRoute[] {
  return [
    route({
      method: "OPTIONS",
      url: "/v1/uploads",
      permission: load,
      summary: "What of the tus protocol is spoken.",
      answers: { 204: nothing },
      sends: ["tus-resumable", "tus-version", "tus-extension", "tus-max-size", "tus-checksum-algorithm"],
      handle: async ({ reply }) =>
        reply
          .code(204)
          .headers({
            "tus-resumable": tusVersion,
            "tus-version": tusVersion,
            "tus-extension": tusExtensions,
            "tus-max-size": String(catalog.maxUploadBytes),
            "tus-checksum-algorithm": tusChecksums,
          })
          .send(),
    }),
    route({
      method: "POST",
      url: "/v1/resources/:id/uploads",
      permission: load,
      newWork: true,
      summary:
        "Begins a resumable upload (tus creation): `Upload-Length`, and `Upload-Metadata` with `filetype` (a media type, as for PUT …/data), `mode` and `expected` (the version to append to).",
      params: idParams,
      answers: { 201: nothing },
      sends: ["location", "tus-resumable", "upload-offset", "upload-length", "upload-expires"],
      refuses: [
        "REQUEST_TUS_VERSION",
        "CATALOG_RESOURCE_NOT_FOUND",
        "CATALOG_NOT_OWN_SOURCE_UNIT",
        "CATALOG_EXPECTED_VERSION_MISSING",
        "CATALOG_VERSION_CHANGED",
        "CATALOG_UPLOADS_TOO_MANY",
        "CATALOG_FILE_LIMIT",
        "CATALOG_LOAD_CONFLICT",
        "CATALOG_DISK_LOW",
        ...formatRefusals,
      ],
      handle: async ({ caller, params, request, reply }) => {
        const { headers } = request;
        const other = speakTus(headers, reply);
        if (other !== undefined) return other;
        const length = countIn(headers, "upload-length");
        if (isRefusal(length)) return length;
        if (length === 0) return badHeader("upload-length", "is more than 0");
        const metadata = metadataIn(headers);
        if (isRefusal(metadata)) return metadata;
        const mode = metadata.get("mode") ?? "replace";
        if (mode !== "replace" && mode !== "append") return badHeader("upload-metadata", "says mode replace or append");
        const contentType = metadata.get("filetype") ?? "text/csv";
        const expected = metadata.get("expected");
        const made = await catalog.createUpload(caller, params.id, { length, contentType, mode, expected });
        if (isRefusal(made)) return made;
        tellUpload(reply, made);
        return reply.code(201).header("location", `/v1/uploads/${made.id}`).send();
      },
    }),
    route({
      method: "GET",
      url: "/v1/uploads/:id",
      permission: load,
      summary: "Where an upload stands; HEAD tells it in headers alone.",
      params: idParams,
      answers: { 200: json(uploadView) },
      sends: ["tus-resumable", "upload-offset", "upload-length", "upload-expires"],
      refuses: absent,
      handle: async ({ caller, params, reply }) => {
        reply.header("tus-resumable", tusVersion);
        const found = await catalog.findUpload(caller, params.id);
        if (isRefusal(found)) return found;
        tellUpload(reply, found);
        return { ...found, expiresAt: found.expiresAt.toISOString() };
      },
    }),
    route({
      method: "PATCH",
      url: "/v1/uploads/:id",
      permission: load,
      newWork: "uploads",
      summary:
        "Adds bytes from `Upload-Offset` on (tus core); with `Upload-Checksum`, all of them or none. Of two at one offset, one goes on.",
      params: idParams,
      stream: [tusBody],
      answers: { 204: nothing },
      sends: ["tus-resumable", "upload-offset", "upload-length", "upload-expires"],
      refuses: [
        "REQUEST_TUS_VERSION",
        ...absent,
        "CATALOG_RESOURCE_NOT_FOUND",
        "CATALOG_NOT_OWN_SOURCE_UNIT",
        "CATALOG_UPLOAD_OFFSET",
        "CATALOG_UPLOAD_TOO_LONG",
        "CATALOG_UPLOAD_CHECKSUM",
        ...readingRefusals,
      ],
      handle: async ({ caller, params, request, reply }) => {
        const { headers } = request;
        const other = speakTus(headers, reply);
        if (other !== undefined) return other;
        const offset = countIn(headers, "upload-offset");
        if (isRefusal(offset)) return offset;
        const checksum = checksumIn(headers);
        if (isRefusal(checksum)) return checksum;
        const body = request.body as AsyncIterable<Uint8Array>;
        const grown = await catalog.receiveUpload(caller, params.id, { offset, body, checksum });
        if (isRefusal(grown)) return grown;
        tellUpload(reply, grown);
        return reply.code(204).send();
      },
    }),
    route({
      method: "DELETE",
      url: "/v1/uploads/:id",
      permission: load,
      summary: "Ends an upload; its bytes are gone (tus termination).",
      params: idParams,
      answers: { 204: nothing },
      sends: ["tus-resumable"],
      refuses: absent,
      handle: async ({ caller, params, reply }) => {
        reply.header("tus-resumable", tusVersion);
        const removed = await catalog.removeUpload(caller, params.id);
        return isRefusal(removed) ? removed : reply.code(204).send();
      },
    }),
    route({
      method: "POST",
      url: "/v1/uploads/:id/finish",
      permission: load,
      newWork: true,
      summary: "Makes a version of a whole upload, as if the file had been handed in at once, if it has this SHA-256.",
      params: idParams,
      body: closed({ sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }) }),
      answers: { 201: json(loadedVersion) },
      sends: ["etag"],
      refuses: [
        ...absent,
        "CATALOG_UPLOAD_INCOMPLETE",
        "CATALOG_UPLOAD_HASH",
        ...targetRefusals,
        "CATALOG_LOAD_CONFLICT",
        ...formatRefusals,
        ...readingRefusals,
        ...fileRefusals,
        ...valueRefusals,
      ],
      handle: async ({ caller, params, body, reply }) => {
        const loaded = await catalog.finishUpload(caller, params.id, body);
        if (!isRefusal(loaded)) reply.header("etag", entityTag(loaded.id));
        return loaded;
      },
    }),
  ];
}
