import { RE2JS } from "re2js";
import { type At, stop } from "../refusal.ts";

/** Characters of a pattern over column names. */
const maxPattern = 256;

/**
 * A pattern as the engine reads it. RE2 takes time in proportion to the text, whatever the pattern: this runs in the
 * gateway, where `(a*)*b` must not hang it.
 */
export function patternOf(pattern: string, at: At): RE2JS {
  if (pattern.length > maxPattern) stop("QUERY_TOO_LARGE", at, `a pattern of more than ${maxPattern} characters`);
  try {
    return RE2JS.compile(pattern, RE2JS.DOTALL);
  } catch {
    return stop("QUERY_CLAUSE_UNSUPPORTED", at, "a pattern that cannot be read");
  }
}

/** Whether the pattern matches somewhere in the text, or all of it. */
export function matches(pattern: string, text: string, whole: boolean, at: At): boolean {
  const compiled = patternOf(pattern, at);
  return whole ? compiled.matches(text) : compiled.matcher(text).find();
}

/** The text with its first match put into `rewrite`, where \\1 is what the first group met, as RE2 itself does. */
export function rewritten(pattern: string, text: string, rewrite: string, at: At): string {
  const matcher = patternOf(pattern, at).matcher(text);
  if (!matcher.find()) return text;
  if (greatestGroup(rewrite) > matcher.groupCount())
    stop("QUERY_CLAUSE_UNSUPPORTED", at, "an alias with a group that its pattern does not have");
  const inside = rewrite.replace(/\\(\d|\\)/g, (_whole, digit: string) =>
    digit === "\\" ? digit : (matcher.group(Number(digit)) ?? ""),
  );
  return `${text.slice(0, matcher.start())}${inside}${text.slice(matcher.end())}`;
}

function greatestGroup(rewrite: string): number {
  return Math.max(0, ...Array.from(rewrite.matchAll(/\\(\d)/g), ([, digit]) => Number(digit)));
}

/** LIKE as such a pattern: % and _ are wild unless the mark of an escape stands before them. */
export function likePattern(like: string, mark: string | undefined): string {
  let pattern = "";
  let escaped = false;
  for (const character of like) {
    if (!escaped && character === mark) escaped = true;
    else {
      const wild = escaped ? undefined : { "%": ".*", _: "." }[character];
      pattern += wild ?? RE2JS.quote(character);
      escaped = false;
    }
  }
  return pattern;
}
