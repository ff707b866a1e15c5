import {
  exampleSchema,
  type Lesson,
  type LessonExample,
  refusalGuide,
  refusalTexts,
  type SchemaColumn,
  type SchemaTable,
  type StatementRefusalCode,
  type WrittenParameters,
} from "../../src/policy/index.ts";

function statement(sql: string, parameters: WrittenParameters | undefined): readonly string[] {
  return ["```sql", sql, ...(parameters === undefined ? [] : [`-- parameters: ${JSON.stringify(parameters)}`]), "```", ""];
}

function exampleLines({ sql, parameters, place, fix, fixParameters }: LessonExample): readonly string[] {
  const where = place === undefined ? "" : ` at \`${place}\``;
  return [`Refused${where}:`, "", ...statement(sql, parameters), "Taken:", "", ...statement(fix, fixParameters)];
}

function shownLines(lesson: Lesson): readonly string[] {
  return "arises" in lesson
    ? [`How it arises: ${lesson.arises}`, "", `Taken: ${lesson.instead}`, ""]
    : lesson.examples.flatMap(exampleLines);
}

function lessonLines(code: StatementRefusalCode): readonly string[] {
  const { rule, instead } = refusalTexts[code];
  const lesson = refusalGuide[code];
  const source = lesson.source === undefined ? "" : ` (${lesson.source})`;
  return [`## ${code}`, "", `**${rule}** ${instead}`, "", `Why: ${lesson.why}${source}`, "", ...shownLines(lesson)];
}

function columnText({ name, type, role, grid, step, conditions }: SchemaColumn): string {
  const asked = conditions === undefined ? "" : ` asked by ${conditions.join(", ")}`;
  const coarse = grid ?? step;
  return `\`${name}\` ${type}, ${role}${asked}${coarse === undefined ? "" : ` with ${step === undefined ? "grid" : "step"} ${coarse}`}`;
}

function tableRow({ name, grade, subjects, columns }: SchemaTable): string {
  const owners = subjects.map(({ kind, column, unique }) => `${kind} by \`${column}\`${unique ? ", one row each" : ""}`);
  return `| \`${name}\` | ${grade} | ${owners.join("; ") || "nobody"} | ${columns.map(columnText).join("; ")} |`;
}

/** `docs/reference/refusals.md`: every refusal of a statement, with what fails and what is taken. */
export function refusalsPage(): string {
  const codes = (Object.keys(refusalGuide) as StatementRefusalCode[]).sort((a, b) => (a < b ? -1 : 1));
  return [
    "# Refusals of a statement",
    "",
    "Made from `src/policy/query/refusal-codes.ts` and `src/policy/query/refusal-guide/` by `npm run docs`. A test runs every example: the",
    "first statement is refused with the code and at the place, the second is taken and shows figures.",
    "",
    "A refusal says `code`, `at` (line and column, counted from 1 in characters; the beginning where it is about the whole statement),",
    "`rule`, `found` (what stands there) and `instead` (what would be accepted). It comes from the statement and the schema, never from data:",
    "whether a statement is refused tells nothing of anybody. Problems over HTTP are listed in [errors](errors.md).",
    "",
    "The examples speak of these tables:",
    "",
    "| table | grade | whose rows | columns |",
    "|---|---|---|---|",
    ...exampleSchema.tables.map(tableRow),
    "",
    ...codes.flatMap(lessonLines),
  ].join("\n");
}
