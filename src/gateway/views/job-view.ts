import Type from "typebox";
import { closed, idText, instant } from "../shapes.ts";

const maybeInstant = Type.Union([instant, Type.Null()]);

export const jobView = closed(
  {
    id: idText,
    agreement: idText,
    purpose: Type.String(),
    state: Type.Enum(["queued", "running", "done", "refused", "failed", "cancelled", "interrupted"]),
    author: idText,
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
export const contentFields = {
  columns: Type.Array(closed({ name: Type.String(), type: Type.String() })),
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
