import type { SeededRandom } from "../demo/random.ts";
import { kindred, pieces, seedStatements } from "./seeds.ts";

type Tokens = readonly string[];
type Mutation = (tokens: Tokens, random: SeededRandom) => Tokens;

const tokenPattern = /'(?:[^']|'')*'|"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_]*|\d+(?:\.\d+)?|\s+|[<>=!|:]+|./gsu;
const tokensOf = (sql: string): Tokens => sql.match(tokenPattern) ?? [];

/** A stretch of tokens: where it begins and ends. */
function stretch(tokens: Tokens, random: SeededRandom): readonly [number, number] {
  const from = random.below(tokens.length + 1);
  return [from, Math.min(tokens.length, from + 1 + random.below(6))];
}

const bigNumber = (random: SeededRandom): string => "9".repeat(1 + random.below(random.pick([5, 40, 400, 4000])));
const longName = (random: SeededRandom): string =>
  random.pick(["x", "中", "𠀀", "é"]).repeat(1 + random.below(random.pick([20, 300, 8000])));

const mutations: readonly Mutation[] = [
  // Two tokens change places.
  (tokens, random) => {
    const [a, b] = [random.below(tokens.length), random.below(tokens.length)];
    return tokens.map((token, at) => (at === a ? tokens[b] : at === b ? tokens[a] : token) ?? "");
  },
  (tokens, random) => tokens.toSpliced(random.below(tokens.length), 1 + random.below(3)),
  // A stretch again, somewhere else, or many times.
  (tokens, random) => {
    const [from, to] = stretch(tokens, random);
    return tokens.toSpliced(random.below(tokens.length + 1), 0, ...tokens.slice(from, to));
  },
  (tokens, random) => {
    const [from, to] = stretch(tokens, random);
    const part = tokens.slice(from, to).join("");
    return tokens.toSpliced(to, 0, `${random.pick([" ", ",", ""])}${part}`.repeat(1 + random.below(random.pick([3, 30, 1000]))));
  },
  (tokens, random) => tokens.toSpliced(random.below(tokens.length + 1), 0, ` ${random.pick(pieces)} `),
  (tokens, random) => tokens.with(random.below(tokens.length), random.pick(pieces)),
  (tokens, random) => tokens.with(random.below(tokens.length), bigNumber(random)),
  (tokens, random) => tokens.with(random.below(tokens.length), longName(random)),
  // Deeper.
  (tokens, random) => {
    const [from, to] = stretch(tokens, random);
    const depth = 1 + random.below(random.pick([4, 60, 200]));
    const [open, close] = random.pick([
      ["(", ")"],
      ["[", "]"],
      ["abs(", ")"],
      ["(SELECT ", ")"],
      ["NOT (", ")"],
    ] as const);
    return [...tokens.slice(0, from), open.repeat(depth), ...tokens.slice(from, to), close.repeat(depth), ...tokens.slice(to)];
  },
  // A part of another statement.
  (tokens, random) => {
    const other = tokensOf(random.pick(seedStatements));
    const [from, to] = stretch(other, random);
    return tokens.toSpliced(
      random.below(tokens.length + 1),
      random.below(4),
      " ",
      ...other.slice(from, to + random.below(20)),
      " ",
    );
  },
  // A whole statement in the place of a token.
  (tokens, random) => tokens.with(random.below(tokens.length), `(${random.pick(seedStatements)})`),
];

/** A token by another of its kind, if it is of one. */
function replaceKindred(tokens: Tokens, random: SeededRandom): Tokens {
  const places = tokens.flatMap((token, at) => {
    const kind = kindred.find(({ like }) => like.test(token));
    return kind === undefined ? [] : [{ at, others: kind.others }];
  });
  if (places.length === 0) return tokens;
  const { at, others } = random.pick(places);
  return tokens.with(at, random.pick(others));
}

/** What stands in one pair of brackets, by what stands in another. */
function replaceBrackets(tokens: Tokens, random: SeededRandom): Tokens {
  const own = bracketsOf(tokens);
  const other = tokensOf(random.pick(seedStatements));
  const theirs = bracketsOf(other);
  if (own.length === 0 || theirs.length === 0) return tokens;
  const [[from, to], [first, last]] = [random.pick(own), random.pick(theirs)];
  return tokens.toSpliced(from, to - from, ...other.slice(first, last));
}

/** Where brackets open and end. */
function bracketsOf(tokens: Tokens): readonly (readonly [number, number])[] {
  const open: number[] = [];
  return tokens.flatMap((token, at) => {
    if (token === "(") open.push(at);
    const from = token === ")" ? open.pop() : undefined;
    return from === undefined ? [] : [[from, at + 1] as const];
  });
}

/** A seed statement that mostly still parses. */
export function kindredStatement(random: SeededRandom): string {
  let tokens = tokensOf(random.pick(seedStatements));
  for (let times = 1 + random.below(5); times > 0; times--)
    tokens = (random.below(4) === 0 ? replaceBrackets : replaceKindred)(tokens, random);
  return tokens.join("");
}

/** A seed statement, one to six times mutated. */
export function mutatedStatement(random: SeededRandom): string {
  let tokens = tokensOf(random.pick(seedStatements));
  for (let times = 1 + random.below(6); times > 0 && tokens.length > 0; times--) tokens = random.pick(mutations)(tokens, random);
  return tokens.join("");
}

/** A seed statement with some of its bytes altered, or bytes of nothing but chance, read as UTF-8. */
export function randomBytes(random: SeededRandom): string {
  const bytes =
    random.below(2) === 0
      ? Uint8Array.from({ length: 1 + random.below(random.pick([8, 200, 20_000])) }, () => random.below(256))
      : new TextEncoder().encode(random.pick(seedStatements));
  for (let times = random.below(12); times > 0; times--) bytes[random.below(bytes.length)] = random.below(256);
  return new TextDecoder().decode(bytes);
}
