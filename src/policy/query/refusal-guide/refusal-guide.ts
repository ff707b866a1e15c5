import type { StatementRefusalCode } from "../refusal-codes.ts";
import { columnLessons } from "./columns.ts";
import { figureLessons } from "./figures.ts";
import { languageLessons } from "./language.ts";
import type { Lesson } from "./lesson.ts";
import { nameLessons } from "./names.ts";
import { parameterLessons } from "./parameters.ts";
import { rowLessons } from "./rows.ts";

/** One lesson a code: a code without one does not compile. */
export const refusalGuide: Readonly<Record<StatementRefusalCode, Lesson>> = Object.freeze({
  ...languageLessons,
  ...nameLessons,
  ...parameterLessons,
  ...rowLessons,
  ...columnLessons,
  ...figureLessons,
});
