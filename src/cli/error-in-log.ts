import { CodedError } from "../kernel/index.ts";

/** A code, or a name out of a schema: nothing that anybody sent. */
const plainName = /^[A-Za-z0-9_]{1,64}$/;
/** PostgreSQL and Node tell these beside the message; both are names of ours or of theirs. */
const named = ["code", "syscall", "severity", "routine", "schema", "table", "column", "constraint"] as const;
const deepest = 4;

/** Frames alone: the head of a stack repeats the message. */
function framesOf({ name, message, stack = "" }: Error): readonly string[] {
  const head = `${name}: ${message}`;
  const frames = stack.startsWith(head) ? stack.slice(head.length) : stack;
  return frames
    .split("\n")
    .filter((line) => /^ {4}at .*(\(|\s)(file:|node:).*:\d+:\d+\)?$/.test(line))
    .map((line) => line.trim());
}

/**
 * What of an error may stand in the log. The messages of PostgreSQL ("Key (login)=(…) already exists"), of
 * JSON.parse and of the engine quote values, so only our own errors keep theirs: they are written here.
 */
export function errorInLog(error: unknown, depth = 0): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) return { type: error === null ? "null" : typeof error };
  const fields = error as unknown as Readonly<Record<string, unknown>>;
  const names = named.flatMap((field) => {
    const value = fields[field];
    return typeof value === "string" && plainName.test(value) ? [[field, value] as const] : [];
  });
  return {
    type: plainName.test(error.name) ? error.name : "Error",
    ...Object.fromEntries(names),
    ...(error instanceof CodedError ? { message: error.message } : {}),
    stack: framesOf(error),
    ...(error.cause === undefined || depth >= deepest ? {} : { cause: errorInLog(error.cause, depth + 1) }),
  };
}
