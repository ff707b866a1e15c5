import Type from "typebox";
import type { AnswerCode } from "../answers.ts";
import { closed, idText } from "../shapes.ts";
import { resultColumn } from "./job-view.ts";

export const sqlText = Type.String({ minLength: 1, maxLength: 1_048_576 });

/** `:name` or `$name` in the statement → its value; the compiler's own rules hold each to its type. */
const parameters = Type.Record(
  Type.String({ pattern: "^[A-Za-z_][A-Za-z0-9_]{0,62}$" }),
  closed({
    type: Type.String({ minLength: 1, maxLength: 20 }),
    value: Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()]),
  }),
  { maxProperties: 100, additionalProperties: false },
);

/** What to run: a text, or a saved one by reference (its newest version, where none is named). */
export const statement = {
  sql: Type.Optional(sqlText),
  query: Type.Optional(idText),
  version: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
  parameters: Type.Optional(parameters),
};

export const statementRefusals = [
  "JOB_STATEMENT_MISSING",
  "JOB_PARAMETERS_INVALID",
  "JOB_SQL_TOO_LONG",
  "SAVED_QUERY_NOT_FOUND",
] as const satisfies readonly AnswerCode[];

/** Relation by relation, or the refusal: from the statement and the agreement's schema alone. */
export const explanation = Type.Union(
  [
    closed({
      accepted: Type.Literal(true),
      columns: Type.Array(resultColumn),
      tables: Type.Array(Type.String()),
      relations: Type.Array(
        closed({
          id: Type.String(),
          tables: Type.Array(Type.String()),
          owners: Type.Array(closed({ kind: Type.String(), keys: Type.Array(Type.String()) })),
          where: Type.Array(Type.String()),
          keys: Type.Array(Type.String()),
          atoms: Type.Array(closed({ id: Type.String(), figure: Type.String(), condition: Type.String() })),
          rules: Type.String(),
          controls: Type.Array(closed({ column: Type.String(), asked: Type.String() }), {
            description: "What the agreement lets be asked of columns that stand here, where that is less than their roles say.",
          }),
        }),
      ),
    }),
    closed({
      accepted: Type.Literal(false),
      refusal: closed({
        code: Type.String(),
        at: Type.Optional(closed({ line: Type.Integer(), column: Type.Integer() })),
        rule: Type.String(),
        found: Type.String(),
        instead: Type.String(),
      }),
    }),
  ],
  { title: "Explanation" },
);
