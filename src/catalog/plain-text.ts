/**
 * A title, purpose or reason as people write it, in one form: NFKC, outer and repeated white space
 * gone. Undefined for texts that are empty, too long or hold control, format or unassigned
 * characters (two scenarios must not differ by an invisible character).
 */
export function parsePlainText(text: string, maxLength = 200): string | undefined {
  if (!text.isWellFormed()) return undefined;
  const plain = text
    .normalize("NFKC")
    .replace(/[\s\u00a0]+/gu, " ")
    .trim();
  if (plain.length === 0 || plain.length > maxLength || /\p{C}/u.test(plain)) return undefined;
  return plain;
}
