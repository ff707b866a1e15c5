/**
 * What `If-Match: "…"` names (RFC 9110 §13.1.1): one strong tag. `*`, a list, a weak tag or garbage names
 * nothing that anybody could have read, and so matches nothing.
 */
export function expectedTag(header: string | undefined): string | undefined {
  return header === undefined ? undefined : (/^"([\x21\x23-\x7e]*)"$/.exec(header.trim())?.[1] ?? "");
}

export const entityTag = (tag: string): string => `"${tag}"`;
