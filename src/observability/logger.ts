import { formatPretty } from "./pretty.ts";
import { createRedactor, type LogFields } from "./redact.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** Fields are built by the function only where the level is on. */
export type LogMethod = (event: string, fields?: LogFields | (() => LogFields)) => void;

export type Logger = { readonly [Level in LogLevel]: LogMethod } & {
  /** A logger that adds these fields, such as `requestId`, to every line. */
  with(fields: LogFields): Logger;
};

export type LogEntry = {
  readonly time: string;
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
};

export type LoggerOptions = {
  readonly level: LogLevel;
  /** `auto`: pretty on a terminal, else one JSON object a line. */
  readonly format: "auto" | "json" | "pretty";
  /** Values that must never be written, such as API keys. */
  readonly secrets: readonly string[];
  readonly stream: { readonly isTTY?: boolean; write(text: string): unknown };
  readonly now?: () => Date;
};

const levels: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/** An event name and its fields, one line each. Logging never throws. */
export function createLogger(options: LoggerOptions): Logger {
  const redact = createRedactor(options.secrets);
  const now = options.now ?? (() => new Date());
  const isPretty =
    options.format === "pretty" || (options.format === "auto" && options.stream.isTTY === true);
  const format = isPretty ? formatPretty : formatJson;

  function write(level: LogLevel, event: string, fields: LogFields): void {
    try {
      options.stream.write(
        `${format({ time: now().toISOString(), level, event, fields: redact(fields) })}\n`,
      );
    } catch {
      // A log that cannot be written has nowhere to complain.
    }
  }
  function createMethod(level: LogLevel, context: LogFields): LogMethod {
    if (levels.indexOf(level) < levels.indexOf(options.level)) return () => undefined;
    return (event, fields = {}) =>
      write(level, event, { ...context, ...(typeof fields === "function" ? fields() : fields) });
  }
  function create(context: LogFields): Logger {
    return {
      debug: createMethod("debug", context),
      info: createMethod("info", context),
      warn: createMethod("warn", context),
      error: createMethod("error", context),
      with: (fields) => create({ ...context, ...fields }),
    };
  }
  return create({});
}

function formatJson({ fields, ...head }: LogEntry): string {
  return JSON.stringify({ ...head, ...fields, ...head });
}
