import type { NoNewWorkCode, UnfitCode } from "../fitness.ts";
import type { Answer } from "./answer.ts";

/** Refusals of the gateway itself: what never reaches a feature. */
export type GatewayCode =
  | "REQUEST_INVALID"
  | "REQUEST_TOO_LARGE"
  | "REQUEST_MEDIA_TYPE"
  | "REQUEST_TUS_VERSION"
  | "PRECONDITION_MISSING"
  | "REQUEST_ORIGIN"
  | "REQUEST_MALFORMED"
  | "REQUEST_HEADERS_TOO_LARGE"
  | "REQUEST_TIMEOUT"
  | "REQUEST_EXPECTATION"
  | "REQUEST_EXPOSED"
  | "METHOD_NOT_ALLOWED"
  | "REQUEST_LIMIT"
  | "IDEMPOTENCY_KEY_INVALID"
  | "IDEMPOTENCY_NOT_HERE"
  | "NOT_FOUND"
  | "UNAVAILABLE"
  | UnfitCode
  | NoNewWorkCode
  | "INTERNAL";

export const gatewayAnswers: Readonly<Record<GatewayCode, Answer>> = {
  REQUEST_INVALID: {
    status: 400,
    title:
      "The request does not have the form this route takes; `more` says where. Correct it there; /openapi.json has the form.",
  },
  REQUEST_TOO_LARGE: { status: 413, title: "The body is too large for this route; send less (setting server.bodyLimitBytes)." },
  REQUEST_MEDIA_TYPE: {
    status: 415,
    title: "Send JSON as application/json, data files as text/csv or application/vnd.apache.parquet, not compressed.",
  },
  PRECONDITION_MISSING: {
    status: 428,
    title: "Send `If-Match` with the ETag of what was read, so that nobody's later change is lost.",
  },
  REQUEST_MALFORMED: {
    status: 400,
    title:
      "What was sent is no HTTP/1.1 request with one Host and one length; the connection is closed. Use an HTTP client as it is.",
  },
  REQUEST_HEADERS_TOO_LARGE: {
    status: 431,
    title: "The request's address and headers are longer than 16 KiB. Send fewer or shorter ones.",
  },
  REQUEST_TIMEOUT: { status: 408, title: "The request did not arrive whole within its time; send it again." },
  REQUEST_EXPECTATION: { status: 417, title: "The only expectation met is `Expect: 100-continue`. Leave the header out." },
  REQUEST_EXPOSED: {
    status: 403,
    title:
      "The request came unprotected, or around the proxies the platform knows (setting server.trustedProxies). Use the platform's https address; what it carried may have been read on the way.",
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: "This address does not know the method; `Allow` lists those it knows. Use one of those.",
  },
  REQUEST_ORIGIN: {
    status: 403,
    title:
      "A browser's session is for pages of the platform itself (setting identity.webOrigin); others send tokens in headers. Send `Authorization: Bearer …`, or open the platform's own page.",
  },
  REQUEST_LIMIT: {
    status: 429,
    title:
      "Too many requests of this class; `Retry-After` says when the next is taken, `RateLimit` of each answer what is left. Wait until then.",
  },
  REQUEST_TUS_VERSION: { status: 412, title: "Uploads speak tus 1.0.0; send the header in `more`." },
  IDEMPOTENCY_KEY_INVALID: {
    status: 400,
    title: "Send an Idempotency-Key of 1 to 128 visible ASCII characters, best a new UUID for each request, or none.",
  },
  IDEMPOTENCY_NOT_HERE: {
    status: 400,
    title:
      "This route takes no Idempotency-Key: it streams, or opens a session. Send it without the key. Send such a key, or none.",
  },
  NOT_FOUND: { status: 404, title: "There is nothing here. Look at the path and the id; /openapi.json lists the routes." },
  UNAVAILABLE: { status: 503, title: "The store does not answer; try again in a moment. Nothing was half done." },
  POLICY_NOT_LOADED: {
    status: 503,
    title: "This gateway does not have the active access policy and answers nothing until it has; ask another one.",
  },
  POLICY_UNEXPLAINED: {
    status: 503,
    title:
      "The active access policy is one that no approved change explains; nothing is answered until its administrators have put that right.",
  },
  CLOCK_OFF: {
    status: 503,
    title:
      "This gateway's clock and the store's differ by more than a second, and it answers nothing until they agree; ask another one.",
  },
  GATEWAY_DRAINING: {
    status: 503,
    title:
      "This gateway is about to stop and begins nothing new; send the request again, to another one or in a moment. Nothing was done.",
  },
  DISK_LOW: {
    status: 507,
    title:
      "The platform is short of disk space and begins nothing that takes some; nothing was done. Try again when its administrator made room.",
  },
  INTERNAL: { status: 500, title: "Something broke here; the request's id finds it in the platform's log." },
};
