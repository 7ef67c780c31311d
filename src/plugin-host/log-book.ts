import { createRedactor } from "../observability/index.ts";
import type { PluginOptions } from "./plugin-options.ts";
import type { LogLine } from "./protocol.ts";
import type { PluginRecord } from "./store/plugin-record.ts";

/** Lines that are kept of each plugin. */
const maxKeptLines = 500;

export type LoggedLine = LogLine & {
  readonly plugin: string;
  readonly atMs: number;
  readonly requestId?: string;
};

type Owner = Pick<PluginRecord, "name" | "config">;
type ReadVariable = PluginOptions["readVariable"];

/** What plugins logged last, without the values of their config keys. */
export type LogBook = {
  /** Returns the lines as they were kept. */
  add(
    owner: Owner,
    lines: readonly LogLine[],
    readVariable: ReadVariable,
    requestId: string | undefined,
  ): readonly LoggedLine[];
  read(plugin: string): readonly LoggedLine[];
  /** A text of a plugin, without its secrets. */
  clean(owner: Owner, text: string, readVariable: ReadVariable): string;
};

export function createLogBook(now: () => number): LogBook {
  const kept = new Map<string, LoggedLine[]>();

  function clean({ config }: Owner, text: string, readVariable: ReadVariable): string {
    const values = Object.values(config).map((entry) =>
      "value" in entry ? entry.value : readVariable(entry.environment),
    );
    const redact = createRedactor(values.filter((value) => value !== undefined));
    return String(redact({ text }).text);
  }
  return {
    clean,
    add(owner, lines, readVariable, requestId) {
      if (lines.length === 0) return [];
      const added = lines.map(({ level, text }) => ({
        ...{ plugin: owner.name, atMs: now(), level, text: clean(owner, text, readVariable) },
        ...(requestId !== undefined && { requestId }),
      }));
      const all = [...(kept.get(owner.name) ?? []), ...added];
      kept.set(owner.name, all.slice(-maxKeptLines));
      return added;
    },
    read: (plugin) => kept.get(plugin) ?? [],
  };
}
