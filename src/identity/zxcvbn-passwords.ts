import { dictionary } from "@zxcvbn-ts/language-common";

/** About 49,000 passwords from breaches, the most used first (zxcvbn-ts, MIT); in the package, so nothing is asked over a network. */
const listed: ReadonlySet<string> = new Set(dictionary["passwords-common"]);

/** As a guesser would: what was typed in capitals, full width or with separators is the same guess. */
const plain = (password: string): string =>
  password
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[\s._-]/g, "");

const isRepeated = (text: string): boolean => `${text}${text}`.indexOf(text, 1) < text.length;

/** `aaaa`, `abcd`, `9876`: each character one further than the last. */
function isRun(text: string): boolean {
  const codes = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  const steps = new Set(codes.slice(1).map((code, at) => code - (codes[at] ?? 0)));
  return steps.size === 1 && [...steps].every((step) => Math.abs(step) <= 1);
}

/**
 * Whether a password is among the first that are guessed: on the list, two of the list put together,
 * a shorter text repeated, or a run. Few listed ones are as long as ours have to be; what people do to
 * lengthen a short one is therefore part of the question (NIST SP 800-63B §3.1.1.2).
 */
export function isCommonPassword(password: string): boolean {
  const text = plain(password);
  if (listed.has(text) || isRepeated(text) || isRun(text)) return true;
  for (let at = 1; at < text.length; at++) if (listed.has(text.slice(0, at)) && listed.has(text.slice(at))) return true;
  return false;
}
