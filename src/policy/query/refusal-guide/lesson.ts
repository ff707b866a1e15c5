import type { WrittenParameters } from "../parameters/values.ts";

/** A statement over `exampleSchema` that meets the refusal, and one that asks the same and is taken. */
export interface LessonExample {
  readonly sql: string;
  readonly parameters?: WrittenParameters;
  /** Words of `sql` where the refusal points; absent where it is about the whole statement, hence its beginning. */
  readonly place?: string;
  readonly fix: string;
  readonly fixParameters?: WrittenParameters;
}

/** Either statements that a test runs, or how the refusal arises where none can be printed. */
type Shown =
  | { readonly examples: readonly [LessonExample, ...LessonExample[]] }
  | { readonly arises: string; readonly instead: string };

/** What a refusal teaches beside its rule (`refusalTexts`): the reference page prints it and a test executes it. */
export type Lesson = Shown & {
  /** Which attack or mishap the rule stops, in a sentence or two. */
  readonly why: string;
  /** The article, standard or publication that asks for the rule or describes the attack. */
  readonly source?: string;
};
