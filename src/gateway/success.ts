import Type, { type Static, type TSchema } from "typebox";

/** Media type → what is sent in it; no media type: no body. */
export type Content = Readonly<Record<string, TSchema>>;

/** What a route answers when it does not refuse, by status. */
export type Answers = Readonly<Record<number, Content>>;

/** As JSON; closed schemas, so that a field too many is seen by the tests. */
export const json = <S extends TSchema>(schema: S) => ({ "application/json": schema });

/** As text of this media type. */
export const text = <M extends string>(media: M) => ({ [media]: Type.String() }) as { readonly [K in M]: Type.TString };

/** As bytes of this media type. */
export const bytes = <M extends string>(media: M) => ({ [media]: Type.Unknown() }) as { readonly [K in M]: Type.TUnknown };

/** No body. */
export const nothing = {} as const satisfies Content;

/** A schema's values as a feature may give them: read-only, and `undefined` where JSON leaves out. */
type Given<T> = T extends readonly (infer Item)[]
  ? readonly Given<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: object extends Pick<T, K> ? Given<T[K]> | undefined : Given<T[K]> }
    : T;

/** What a handler may return for one of `A`'s statuses; anything but JSON is sent by the handler itself. */
export type Sent<A extends Answers> = {
  [Status in keyof A]: A[Status] extends { readonly "application/json": infer S extends TSchema } ? Given<Static<S>> : never;
}[keyof A];

/** The status of a value that a handler returns: the only success there is, or 200. */
export function successStatus(answers: Answers): number {
  const statuses = Object.keys(answers).map(Number);
  const successes = statuses.filter((status) => status >= 200 && status < 300);
  return successes.length === 1 && successes[0] !== undefined ? successes[0] : 200;
}
