import { type Logger, pino } from "pino";
import { errorInLog } from "./error-in-log.ts";

/** Where lines of the log go, one JSON object each. */
export interface LogTarget {
  write(line: string): void;
}

/** A second fence, should anything ever log a request, an answer or a factor whole. */
const redactedFields = [
  "req.headers.authorization",
  "req.headers.cookie",
  'res.headers["set-cookie"]',
  ...["token", "password", "newPassword", "refreshToken", "ticket", "totp", "secret", "uri", "recoveryCode", "recoveryCodes"].map(
    (field) => `*.${field}`,
  ),
];

/** Of requests and answers the server's own lines show nothing; the access log has what there is to know. */
const nothing = (): undefined => undefined;

/** Where the logger would take an error's message for the line's, it gets one of ours; addresses in the server's own lines go. */
function plainly([first, second, ...rest]: readonly unknown[]): readonly unknown[] {
  const fields = first instanceof Error ? { err: first } : first;
  const error = typeof fields === "object" && fields !== null && "err" in fields ? fields.err : undefined;
  const withheld = error instanceof Error && (second === undefined || second === error.message);
  return [fields, withheld ? "error" : second, ...rest].map((part) =>
    typeof part === "string" ? part.replaceAll(/"\/[^"]*"/g, '"/…"') : part,
  );
}

/** The operational log: for whoever keeps the platform running, who may not see what it holds. */
export function createLog({ level }: { readonly level: string }, target: LogTarget | undefined): Logger {
  return pino(
    {
      level,
      redact: redactedFields,
      hooks: {
        logMethod(given, method) {
          method.apply(this, plainly(given) as Parameters<typeof method>);
        },
      },
      serializers: {
        err: (error: unknown) => errorInLog(error),
        error: (error: unknown) => errorInLog(error),
        req: nothing,
        res: nothing,
      },
    },
    target ?? pino.destination(1),
  );
}
