import { readSwaggerUiFile, swaggerUiFiles } from "../file-swagger-ui.ts";
import { type AnyRoute, route } from "../route.ts";
import { bytes, text } from "../success.ts";

/** For this page only; nothing from elsewhere, no inline script, and nobody frames it. */
const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Hanguang 含光 — API</title>
    <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <script src="/docs/swagger-ui-bundle.js" defer></script>
    <script src="/docs/start.js" defer></script>
  </head>
  <body><div id="swagger-ui"></div></body>
</html>
`;

/** A token typed here lives in the page and nowhere else; no validator elsewhere is asked. */
const start = `SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  deepLinking: true,
  docExpansion: "none",
  filter: true,
  tagsSorter: "alpha",
  persistAuthorization: false,
  queryConfigEnabled: false,
  validatorUrl: null,
});
`;

/** Files of a released package do not change while the platform runs. */
const cached = "public, max-age=3600";

/** Swagger UI over `/openapi.json`. */
export function docsRoutes(): readonly AnyRoute[] {
  return [
    route({
      method: "GET",
      url: "/docs",
      permission: "public",
      summary: "The document as a page to read and to try (Swagger UI).",
      answers: { 200: text("text/html") },
      handle: async ({ reply }) =>
        reply.type("text/html; charset=utf-8").header("content-security-policy", pagePolicy).send(page),
    }),
    route({
      method: "GET",
      url: "/docs/start.js",
      permission: "public",
      summary: "Starts the page.",
      answers: { 200: text("text/javascript") },
      handle: async ({ reply }) => reply.type("text/javascript; charset=utf-8").header("cache-control", cached).send(start),
    }),
    ...swaggerUiFiles.map((name) =>
      route({
        method: "GET",
        url: `/docs/${name}`,
        permission: "public",
        packs: true,
        summary: "A file of Swagger UI.",
        answers: { 200: bytes(name.endsWith(".png") ? "image/png" : name.endsWith(".css") ? "text/css" : "text/javascript") },
        handle: async ({ reply }) => {
          const file = await readSwaggerUiFile(name);
          return reply.type(file.type).header("cache-control", cached).send(file.bytes);
        },
      }),
    ),
  ];
}
