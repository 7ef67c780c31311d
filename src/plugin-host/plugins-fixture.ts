import { systemClock } from "../resilience/index.ts";
import { createTemporaryFolder } from "../testing/index.ts";
import type { CallObservation, PluginOptions } from "./plugin-options.ts";
import { createPlugins } from "./plugins.ts";

export type PluginChanges = Partial<
  Pick<PluginOptions, "home" | "models" | "requireSigned" | "trustedKeys" | "readVariable">
>;

/** Plugins of an empty home, a clock that a test moves, and what they tell. */
export function openTestPlugins(changes: PluginChanges = {}) {
  const folder = createTemporaryFolder();
  const calls: CallObservation[] = [];
  const said: string[] = [];
  const quarantined: string[] = [];
  const restarts: (string | undefined)[] = [];
  const time = { nowMs: 1_000_000 };
  const plugins = createPlugins({
    home: folder.path,
    trustedKeys: [],
    requireSigned: false,
    readVariable: () => undefined,
    clock: systemClock,
    now: () => time.nowMs,
    observer: {
      callFinished: (call) => calls.push(call),
      logged: ({ text }) => said.push(text),
      quarantined: (name) => quarantined.push(name),
      hostFailed: (_, error) => {
        throw error;
      },
      unsaved: (_, error) => {
        throw error;
      },
      hostRestarted: (plugin) => restarts.push(plugin),
    },
    ...changes,
  });
  return {
    ...{ plugins, folder, calls, said, quarantined, restarts, time },
    async [Symbol.asyncDispose]() {
      await plugins.close();
      folder[Symbol.dispose]();
    },
  };
}
