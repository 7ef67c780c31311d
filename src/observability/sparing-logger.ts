import type { Logger } from "./logger.ts";
import type { LogFields } from "./redact.ts";

/** The same event of the same error is told once in this time. */
const quietMs = 60_000;
/** Kinds of lines that are kept apart; of more, the one that was told longest ago is told again. */
const maxKinds = 256;

type Level = "info" | "warn" | "error";
export type SparingLogger = {
  readonly [Name in Level]: (event: string, fields: Readonly<Record<string, unknown>>) => void;
};

/**
 * A logger for what goes wrong beside every request while a disk is full or a database damaged: a line with the event
 * and the `error` of an earlier one is left out for a minute, and the next has how many were, as `repeated`.
 */
export function createSparingLogger(logger: Logger, nowMs: () => number): SparingLogger {
  const told = new Map<string, { readonly atMs: number; repeated: number }>();
  function write(level: Level, event: string, fields: LogFields): void {
    if (fields.error === undefined) {
      logger[level](event, fields);
      return;
    }
    const kind = `${event} ${fields.error}`;
    const last = told.get(kind);
    if (last && nowMs() - last.atMs < quietMs) {
      last.repeated += 1;
      return;
    }
    told.delete(kind);
    told.set(kind, { atMs: nowMs(), repeated: 0 });
    const [oldest] = told.keys();
    if (told.size > maxKinds && oldest !== undefined) told.delete(oldest);
    logger[level](event, { ...fields, ...(last && last.repeated > 0 && { repeated: last.repeated }) });
  }
  return {
    info: (event, fields) => write("info", event, fields),
    warn: (event, fields) => write("warn", event, fields),
    error: (event, fields) => write("error", event, fields),
  };
}
