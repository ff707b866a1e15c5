import Type from "typebox";

/** RFC 9457. */
export const problemView = Type.Object(
  {
    type: Type.String(),
    title: Type.String({ description: "Fixed text: what is wrong and what to do." }),
    status: Type.Integer(),
    code: Type.String({ description: "Stable; docs/reference/errors.md lists them." }),
    article: Type.Optional(Type.String({ description: "Article of the regulation that asks for the refusal." })),
    more: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: "Places, limits, what would be accepted." })),
    request: Type.String({ description: "By which the platform's own log is searched." }),
  },
  { title: "Problem" },
);
