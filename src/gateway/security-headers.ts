/** Sent with every answer: an API that shows nothing in a browser and is cached nowhere. */
const always = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/** RFC 6797, two years; of this host only, since what else the domain holds is not ours to say. */
const strictTransport = { "strict-transport-security": "max-age=63072000" } as const;

/** Headers of every answer, by name. `strict`: browsers are to come by HTTPS only. */
export const securityHeaders = (strict: boolean): Readonly<Record<string, string>> =>
  strict ? { ...always, ...strictTransport } : always;
