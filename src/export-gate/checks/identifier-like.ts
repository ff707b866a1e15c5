import { isIdCard, isUscc } from "../../kernel/index.ts";
import type { Content } from "../content.ts";
import { type Check, pass } from "./check.ts";

const patterns: readonly { readonly kind: string; readonly find: RegExp; readonly is: (text: string) => boolean }[] = [
  { kind: "resident identity number", find: /(?<![0-9A-Z])\d{17}[0-9X](?![0-9A-Z])/g, is: isIdCard },
  { kind: "unified social credit code", find: /(?<![0-9A-Z])[0-9A-HJ-NPQRTUWXY]{18}(?![0-9A-Z])/g, is: isUscc },
  { kind: "mobile number", find: /(?<!\d)1[3-9]\d{9}(?!\d)/g, is: () => true },
];

/** Full-width digits and letters are the same number to whoever reads them. */
const kindsIn = (text: string): readonly string[] => {
  const plain = text.normalize("NFKC").toUpperCase();
  return patterns.filter(({ find, is }) => (plain.match(find) ?? []).some(is)).map(({ kind }) => kind);
};

function textsOf({ columns, rows }: Content, productName: string): readonly { readonly where: string; readonly text: string }[] {
  return [
    { where: "the product's name", text: productName },
    ...columns.map(({ name }) => ({ where: "a column's name", text: name })),
    ...rows.flatMap((row) =>
      row.flatMap((cell, at) => (typeof cell === "string" ? [{ where: columns[at]?.name ?? "", text: cell }] : [])),
    ),
  ];
}

/** Numbers with the form and the check digit of an identifier, in cells and in names. */
export const identifierLike: Check = {
  id: "identifier-like",
  title: "No identifiers in cells, column names or the product's name",
  article: "24",
  run: ({ rerun, productName }) => {
    const found = new Map<string, number>();
    for (const { where, text } of textsOf(rerun.content, productName))
      for (const kind of kindsIn(text)) found.set(`${kind} in ${where}`, (found.get(`${kind} in ${where}`) ?? 0) + 1);
    if (found.size === 0) return pass({ found: {} });
    return {
      verdict: "block",
      evidence: { found: Object.fromEntries(found) },
      mitigation: "Drop the column or group it; rename the column or product.",
    };
  },
};
