/** What the engine needs of an operational log; pino fits. Fields never hold SQL, values or engine text. */
export interface EngineLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}
