import type { Rejected } from "../engine/index.ts";
import { type AgreementSchema, nameAdvice } from "../policy/index.ts";

interface Advice {
  readonly when: RegExp;
  /** From the groups that `when` caught. */
  instead(groups: readonly string[]): string;
}

const outside = "Compute it in a subquery or WITH query first, and use its column outside.";

/** What to write in place of what the engine does not bind; the first that fits. */
const advices: readonly Advice[] = [
  {
    when: /column "?([^"]+)"? must appear in the GROUP BY clause/,
    instead: ([column = ""]) => `Write ${column} behind GROUP BY as well, or use it inside an aggregate.`,
  },
  { when: /cannot contain aggregates/, instead: () => "Filter figures with HAVING, rows with WHERE." },
  { when: /(?:cannot contain window functions|window functions are not allowed)/, instead: () => outside },
  { when: /aggregate function calls cannot be nested/, instead: () => outside },
  { when: /because (?:schema|catalog) "[^"]*" does not exist/, instead: () => "Write the table's name alone, without schema." },
  {
    when: /Cannot compare values of type (?:DATE|TIMESTAMP)|(?:DATE|TIMESTAMP) and type/,
    instead: () => "Write a date: DATE '2026-01-31'; or compare a part of it: year(column) = 2026.",
  },
  {
    when: /Cannot compare values of type/,
    instead: () => "Compare text with text ('1'), numbers with numbers (1), and dates with dates.",
  },
  {
    when: /No function matches the given name and argument types '(\w+)\((.*?)\)'/,
    instead: ([fn = "", types = ""]) => `${fn} does not take (${types}): use a column of another type, or other arguments.`,
  },
  {
    when: /cannot be bound to the tables/,
    instead: () => "Name tables of the agreement's schema alone: files, settings and other databases are out of reach.",
  },
  { when: /Referenced table "([^"]*)" not found/, instead: () => "Use the alias that FROM gives the table." },
];

/** Signs of Chinese typing that SQL reads as letters of a name; texts, quoted names and comments are passed over. */
const wideSign = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|([，。；：（）‘’“”！＝＋－＊／＜＞、])/g;

function wideAdvice(sql: string): string {
  for (const [, sign] of sql.matchAll(wideSign))
    if (sign !== undefined)
      return ` The statement holds the full-width ${sign}: outside of texts write , ( ) ' " = in half width.`;
  return "";
}

const unknownName = /^(?:Column )?"(.*)" is not in scope\.$/s;

const inDoubleQuotes = (sql: string, { position }: Rejected): boolean =>
  position !== undefined && Array.from(sql.split("\n")[position.line - 1] ?? "")[position.column - 1] === '"';

/** What would be accepted in place of what the compiler process refused; undefined where its code's own text says all. */
export function engineAdvice(rejected: Rejected, sql: string, schema: AgreementSchema, usual: string): string {
  const { stage, message } = rejected;
  const name = unknownName.exec(message)?.[1];
  if (name !== undefined) {
    const quoted = inDoubleQuotes(sql, rejected)
      ? `A text stands in single quotes ('${name}'); double quotes are for names. `
      : "";
    return `${quoted}${nameAdvice(name, schema)}${wideAdvice(sql)}`;
  }
  if (stage === "syntax") return `${usual}${wideAdvice(sql)}`;
  if (stage !== "bind") return usual;
  for (const { when, instead } of advices) {
    const found = when.exec(message);
    if (found !== null) return instead(found.slice(1));
  }
  return usual;
}
