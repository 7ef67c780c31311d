import { embeddedPlugins } from "./embedded-plugins.ts";

export type EmbeddedPlugin = {
  readonly name: string;
  /** This process and those that it starts can read it. */
  readonly path: string;
};

/** The project's own plugins: within the executable, or as `native/plugins.ts` left them. */
export async function findEmbeddedPlugins(): Promise<readonly EmbeddedPlugin[]> {
  if (embeddedPlugins.length > 0) return embeddedPlugins.map(({ name, source }) => ({ name, path: source }));
  const { listBuiltPlugins } = await import("../../native/plugin-sdk.ts");
  return listBuiltPlugins();
}
