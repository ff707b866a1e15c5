import type { ColumnType } from "kysely";
import type { JsonValue } from "../../kernel/index.ts";

/** A jsonb column: read as parsed JSON, written as JSON text (`JSON.stringify`). */
export type Json<T extends JsonValue | object = JsonValue> = ColumnType<T, string, string>;
/** A bigint column: read as decimal text (pg does not round), written as number or text. */
export type Big = ColumnType<string, number | string, number | string>;
export type At = ColumnType<Date, Date, Date>;
export type Maybe<T> = ColumnType<T | null, T | null | undefined, T | null>;
export type MaybeAt = ColumnType<Date | null, Date | null | undefined, Date | null>;
export type MaybeText<T extends string = string> = ColumnType<T | null, T | null | undefined, T | null>;
