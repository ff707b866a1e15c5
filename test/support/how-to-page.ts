import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** A fenced block of a page: `sh` is typed by the reader; `json` or `text` behind it is what the reader sees. */
export interface PageBlock {
  readonly language: string;
  readonly text: string;
}

const pages = join(import.meta.dirname, "../../docs/how-to");

/** The fenced blocks of a how-to page, in order. */
export async function blocksOf(page: string): Promise<readonly PageBlock[]> {
  const text = await readFile(join(pages, page), "utf8");
  return Array.from(text.matchAll(/^( *)```(\w+)\n([\s\S]*?)^ *```$/gm), ([, indent = "", language = "", block = ""]) => ({
    language,
    text: block
      .split("\n")
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
      .join("\n"),
  }));
}

const parts = (text: string): RegExp =>
  new RegExp(
    `^${text
      .split("…")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join("[\\s\\S]*")}$`,
  );

/** Where an answer is not as shown; undefined: it is. What is shown may leave fields out, and `…` stands for anything. */
function difference(shown: unknown, actual: unknown, at: string): string | undefined {
  if (shown === "…") return actual === undefined ? `${at}: nothing` : undefined;
  if (typeof shown === "string")
    return typeof actual === "string" && parts(shown).test(actual) ? undefined : `${at}: ${JSON.stringify(actual)}`;
  if (typeof shown !== "object" || shown === null) return shown === actual ? undefined : `${at}: ${JSON.stringify(actual)}`;
  if (typeof actual !== "object" || actual === null || Array.isArray(shown) !== Array.isArray(actual))
    return `${at}: ${JSON.stringify(actual)}`;
  for (const [key, value] of Object.entries(shown)) {
    const found = difference(value, (actual as Readonly<Record<string, unknown>>)[key], `${at}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Compares what a command printed with what the page shows of it. */
export function shownDifference({ language, text }: PageBlock, printed: string): string | undefined {
  if (language === "text") return parts(`…${text.trim()}…`).test(printed) ? undefined : printed;
  const whole = text.replace(/: …/g, ': "…"').replace(/,?\s*…(?=\s*[}\]])/g, "");
  try {
    return difference(JSON.parse(whole), JSON.parse(printed), "answer");
  } catch {
    return `no JSON on one of the sides: ${printed}`;
  }
}
