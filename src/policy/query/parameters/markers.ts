/** One `:name` or `$name` in the text of a statement. */
export interface Marker {
  readonly name: string;
  /** Index of the `:` or `$`, in UTF-16 units. */
  readonly index: number;
}

/** Characters of a name as the engine's lexer takes them. */
const nameCharacter = /[\w$\u0080-\uffff]/;
const nameForm = /[A-Za-z_][\w$\u0080-\uffff]*/y;
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;

function matchAt(pattern: RegExp, text: string, index: number): string | undefined {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0];
}

/** Index after the next `stop`, or the text's end. */
function after(text: string, stop: string, from: number): number {
  const found = text.indexOf(stop, from);
  return found === -1 ? text.length : found + stop.length;
}

function afterString(text: string, index: number): number {
  const escapes = /[eE]/.test(text.charAt(index - 1)) && !nameCharacter.test(text.charAt(index - 2));
  if (!escapes) return after(text, "'", index + 1);
  for (let at = index + 1; at < text.length; at++) {
    if (text[at] === "\\" || text.startsWith("''", at)) at++;
    else if (text[at] === "'") return at + 1;
  }
  return text.length;
}

/** Comments nest, as in the engine. */
function afterComment(text: string, index: number): number {
  let open = 0;
  let at = index;
  do {
    if (text.startsWith("/*", at)) open++;
    else if (text.startsWith("*/", at)) open--;
    else {
      at++;
      continue;
    }
    at += 2;
  } while (open > 0 && at < text.length);
  return at;
}

/** Index after the string, quoted name or comment that begins here; the same index where none does. */
function afterQuoted(text: string, index: number): number {
  const two = text.slice(index, index + 2);
  if (two === "--") return after(text, "\n", index);
  if (two === "/*") return afterComment(text, index);
  if (two.startsWith("'")) return afterString(text, index);
  if (two.startsWith('"')) return after(text, '"', index + 1);
  const tag = two.startsWith("$") && !nameCharacter.test(text.charAt(index - 1)) ? matchAt(dollarTag, text, index) : undefined;
  return tag === undefined ? index : after(text, tag, index + tag.length);
}

/**
 * Marks of parameters outside strings, quoted names and comments. Casts (`x::date`), parts of names
 * (`a$b`) and spaced colons are none. What is found here decides nothing about what runs: the engine
 * reads the text, and the tree it reads is what is governed.
 */
export function findMarkers(text: string): readonly Marker[] {
  const markers: Marker[] = [];
  for (let index = 0; index < text.length; ) {
    const next = afterQuoted(text, index);
    if (next > index) {
      index = next;
      continue;
    }
    const before = text.charAt(index - 1);
    const isMark = text[index] === "$" || (text[index] === ":" && before !== ":");
    const name = isMark && !nameCharacter.test(before) ? matchAt(nameForm, text, index + 1) : undefined;
    if (name !== undefined) markers.push({ name, index });
    index += 1 + (name?.length ?? 0);
  }
  return markers;
}
