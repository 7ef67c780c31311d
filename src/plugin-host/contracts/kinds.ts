import type { PluginKind } from "./manifest.ts";

/** The export that each kind is called by. */
export const mainExports: Readonly<Record<PluginKind, string>> = {
  connector: "execute",
  judge: "judge",
  policy: "decide",
};
/** A connector may have it too. */
export const healthExport = "health";
