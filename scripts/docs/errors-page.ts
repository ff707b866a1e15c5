import { type Answer, answers } from "../../src/gateway/index.ts";
import { refusalTexts } from "../../src/policy/index.ts";
import { jobFailures } from "../../src/sandbox/index.ts";

const cell = (text: string): string => text.replaceAll("|", "\\|");

function answerRow([code, { status, title, article }]: [string, Answer]): string {
  return `| \`${code}\` | ${status} | ${cell(title)} | ${article ?? ""} |`;
}

/** `docs/reference/errors.md`: every problem over HTTP, and every refusal of a statement. */
export function errorsPage(): string {
  return [
    "# Errors",
    "",
    "Made from `src/gateway/answers.ts`, `src/policy/query/refusal-codes.ts` and `src/sandbox/failures.ts` by `npm run docs`; a test",
    "compares it.",
    "",
    "## Problems over HTTP",
    "",
    "RFC 9457, `application/problem+json`: `type`, `title`, `status`, `code` (stable), `article` of the regulation where there is one,",
    "`more` (places, limits, what would be accepted) and `request`, by which the platform's log is searched. What is hidden and what is",
    "absent get the same answer.",
    "",
    "| code | status | meaning | article |",
    "|---|---|---|---|",
    ...Object.entries(answers)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(answerRow),
    "",
    "## Refusals of a statement",
    "",
    "A job whose statement is refused ends in the state `refused`; its `answer` holds `code`, `at` (line and column), `rule`, `found`",
    "(what stands in the statement) and `instead` (what would be accepted). It tells about the statement and the schema, never about data.",
    "[Refusals](refusals.md) has for each code why the rule is there, a statement that meets it, and one that is taken instead.",
    "",
    "| code | rule | instead |",
    "|---|---|---|",
    ...Object.entries(refusalTexts).map(([code, { rule, instead }]) => `| \`${code}\` | ${cell(rule)} | ${cell(instead)} |`),
    "",
    "## Failures of a job",
    "",
    "A job that fails or is interrupted says so in its `answer`: `code`, `what` happened and what to do `instead`. A run that fails on",
    "data is no failure: it ends like one in which everything is suppressed, for whether it failed would tell about the data.",
    "",
    "| code | what happened | instead |",
    "|---|---|---|",
    ...Object.entries(jobFailures).map(([code, { what, instead }]) => `| \`${code}\` | ${cell(what)} | ${cell(instead)} |`),
    "",
  ].join("\n");
}
