import { readdir, readFile } from "node:fs/promises";
import { dirname, join, normalize, relative } from "node:path";
import t from "tap";
import { repositoryRoot } from "../../scripts/docs/pages.ts";

const docs = join(repositoryRoot, "docs");
const below = (await readdir(docs, { recursive: true })).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`);
const pages = [...below, "README.md", "SECURITY.md"];
const read = (page: string) => readFile(join(repositoryRoot, page), "utf8");

interface Link {
  readonly from: string;
  readonly target: string;
  readonly anchor: string | undefined;
}

/** Links of a page to files of the repository; what stands in code is none. */
async function linksOf(from: string): Promise<readonly Link[]> {
  const text = (await read(from)).replace(/^ *```[\s\S]*?^ *```$/gm, "").replace(/`[^`\n]*`/g, "");
  return Array.from(text.matchAll(/\]\(([^()\s]+)\)/g), ([, link = ""]) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? from : relative(repositoryRoot, normalize(join(repositoryRoot, dirname(from), path)));
      return { from, target: target.replace(/\/$/, ""), anchor };
    });
}

/** The anchors of a page's headings, as they are made where the pages are shown. */
const anchorsOf = (text: string): ReadonlySet<string> =>
  new Set(
    Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading = ""]) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );

const links = (await Promise.all(pages.map(linksOf))).flat();

t.test("every relative link leads to a file, and every anchor to a heading", async (t) => {
  const entries = new Set(await readdir(repositoryRoot));
  for (const { from, target, anchor } of links) {
    const [top = ""] = target.split("/");
    const text = entries.has(top) && target.endsWith(".md") ? await read(target).catch(() => undefined) : undefined;
    if (target.endsWith(".md")) t.ok(text !== undefined, `${from} → ${target}`);
    else
      t.ok(
        (await readdir(join(repositoryRoot, dirname(target)))).includes(target.split("/").at(-1) ?? ""),
        `${from} → ${target}`,
      );
    if (anchor !== undefined) t.ok(anchorsOf(text ?? "").has(anchor), `${from} → ${target}#${anchor}`);
  }
  t.ok(links.length > 30);
});

t.test("every page is reached from docs/README.md", (t) => {
  const reached = new Set(["docs/README.md"]);
  for (const page of reached) {
    for (const { from, target } of links) if (from === page) reached.add(target);
    // A folder that is named lists its pages itself.
    for (const inside of pages) if (dirname(inside) === page) reached.add(inside);
  }
  for (const page of below) t.ok(reached.has(page), `${page}: name it in docs/README.md`);
  t.end();
});
