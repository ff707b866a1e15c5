import Type from "typebox";
import { jobPriorities, maxLabelLength, maxLabels } from "../../sandbox/index.ts";
import { closed, idText, instant } from "../shapes.ts";

const maybeInstant = Type.Union([instant, Type.Null()]);

export const jobState = Type.Enum(["queued", "running", "done", "refused", "failed", "cancelled", "interrupted"]);
export const jobPriority = Type.Enum([...jobPriorities]);
export const labelText = Type.String({ minLength: 1, maxLength: maxLabelLength });
export const labels = Type.Array(labelText, { maxItems: maxLabels });

export const jobView = closed(
  {
    id: idText,
    agreement: idText,
    purpose: Type.String(),
    state: jobState,
    author: idText,
    labels: Type.Array(Type.String()),
    priority: jobPriority,
    query: Type.Union([closed({ id: idText, version: Type.Integer() }), Type.Null()]),
    answer: Type.Unknown({
      description: "Why the statement was refused or the run failed: about the statement and limits, never about data.",
    }),
    submittedAt: instant,
    startedAt: maybeInstant,
    finishedAt: maybeInstant,
  },
  { title: "Job" },
);

/** A table as it is shown: names and types of the columns, and rows of values. */
export const resultColumn = closed({
  name: Type.String(),
  type: Type.String(),
  perturbed: Type.Optional(
    Type.Boolean({ description: "Whether noise moved the figures in it. Absent under agreements in `exact`, where none does." }),
  ),
});

export const contentFields = {
  columns: Type.Array(resultColumn),
  rows: Type.Array(Type.Array(Type.Unknown())),
};

export const resultPage = closed(
  {
    result: idText,
    rowCount: Type.Integer(),
    ...contentFields,
    next: Type.Optional(Type.String({ description: "Cursor of the next page; absent on the last." })),
  },
  { title: "ResultPage" },
);
