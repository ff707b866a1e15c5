import { isIdCard, isUscc } from "../../kernel/index.ts";
import type { Content } from "../content.ts";
import { type Check, pass } from "./check.ts";

const mobile = "mobile number";
const patterns: readonly { readonly kind: string; readonly find: RegExp; readonly is: (text: string) => boolean }[] = [
  { kind: "resident identity number", find: /(?<![0-9A-Z])\d{17}[0-9X](?![0-9A-Z])/g, is: isIdCard },
  { kind: "unified social credit code", find: /(?<![0-9A-Z])[0-9A-HJ-NPQRTUWXY]{18}(?![0-9A-Z])/g, is: isUscc },
  { kind: mobile, find: /(?<!\d)1[3-9]\d{9}(?!\d)/g, is: () => true },
];

/** Full-width digits and letters, and characters nobody sees between them, are the same number to whoever reads them. */
const kindsIn = (text: string): readonly string[] => {
  const plain = text
    .normalize("NFKC")
    .replace(/\p{Cf}/gu, "")
    .toUpperCase();
  return patterns.filter(({ find, is }) => (plain.match(find) ?? []).some(is)).map(({ kind }) => kind);
};

/** Exact numbers come as text; a sum of thirteen thousand million looks like a mobile number and is none. */
const isFigure = (type: string): boolean => /INT|DECIMAL/.test(type);

interface Found {
  readonly what: string;
  readonly verdict: "review" | "block";
}

function findAll({ content, names }: { readonly content: Content; readonly names: readonly (readonly [string, string])[] }) {
  const inName = ([where, text]: readonly [string, string]): readonly Found[] =>
    kindsIn(text).map((kind) => ({ what: `${kind} in ${where}`, verdict: "block" }));
  const inColumn = ({ name, type }: Content["columns"][number], at: number): readonly Found[] =>
    content.rows
      .map((row) => row[at])
      .flatMap((cell) => (typeof cell === "string" ? kindsIn(cell) : []))
      .map((kind) => ({
        what: `${kind} in ${name}`,
        verdict: kind === mobile && isFigure(type) ? "review" : "block",
      }));
  return [...names.flatMap(inName), ...content.columns.flatMap(inColumn)];
}

/** Numbers with the form and the check digit of an identifier, in cells and in every text that goes out with them. */
export const identifierLike: Check = {
  id: "identifier-like",
  title: "No identifiers in cells, column names, purpose or the product's name",
  article: "24",
  run: ({ rerun: { content }, productName, purpose }) => {
    const all = findAll({
      content,
      names: [
        ["the product's name", productName],
        ["the purpose", purpose],
        ...content.columns.map(({ name }) => ["a column's name", name] as const),
      ],
    });
    if (all.length === 0) return pass({ found: {} });
    const found: Record<string, number> = {};
    for (const { what } of all) found[what] = (found[what] ?? 0) + 1;
    return {
      verdict: all.some(({ verdict }) => verdict === "block") ? "block" : "review",
      evidence: { found },
      mitigation: "Drop the column or group it; rename the column or product.",
    };
  },
};
