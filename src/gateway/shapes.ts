import Type, { type TSchema } from "typebox";

/** Shapes that several routes share. Every body is closed: an unknown field is refused, not ignored. */
export const closed = <T extends Record<string, TSchema>>(
  properties: T,
  notes: { readonly title?: string; readonly description?: string } = {},
) => Type.Object(properties, { additionalProperties: false, ...notes });

/** Something to read, and no control characters: PostgreSQL takes no NUL, and nobody needs the others in a name. */
const readable = "^(?=[\\s\\S]*\\S)[^\\u0000-\\u0008\\u000b-\\u001f\\u007f]*$";
export const shortText = Type.String({ minLength: 1, maxLength: 200, pattern: readable });
export const longText = Type.String({ minLength: 1, maxLength: 4000, pattern: readable });
/** Ids are checked by the features; here only that nothing huge or strange comes in. */
export const idText = Type.String({ pattern: "^[a-z]{3}_[0-9a-z]{26}$" });
export const idParams = closed({ id: Type.String({ minLength: 1, maxLength: 64 }) });
/** RFC 3339, UTC. */
export const instant = Type.String({ format: "date-time" });
/** A civil day, Asia/Shanghai. */
export const dayText = Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}$" });

/** Query parameters arrive as text; what they mean is read by the route. */
export const numberText = Type.String({ pattern: "^\\d{1,9}$" });

/** A whole list. */
export const items = <S extends TSchema>(item: S) => closed({ items: Type.Array(item) });
