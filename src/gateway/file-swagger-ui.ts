import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The files of Swagger UI that the page needs; they come with the package, so the page works off line. */
const files = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "favicon-32x32.png": "image/png",
} as const;

export type SwaggerUiFile = keyof typeof files;

export const swaggerUiFiles = Object.keys(files) as readonly SwaggerUiFile[];

const folder = join(dirname(createRequire(import.meta.url).resolve("@fastify/swagger-ui/package.json")), "static");

/** One of the files, by its name in the closed list above: no text of a request ever becomes a path. */
export async function readSwaggerUiFile(name: SwaggerUiFile): Promise<{ readonly type: string; readonly bytes: Buffer }> {
  return { type: files[name], bytes: await readFile(join(folder, name)) };
}
