import { AppError } from "../base/index.ts";
import type { AdapterUse } from "../contract/index.ts";
import type { EngineOptions } from "./options.ts";
import type { AdapterFile } from "./protocol.ts";

/** Where the adapters are that a request names. Throws AppError invalid_request for a name that is none. */
export async function locateAdapters(
  catalog: Pick<EngineOptions["catalog"], "find">,
  uses: readonly AdapterUse[] = [],
): Promise<readonly AdapterFile[]> {
  const files: AdapterFile[] = [];
  for (const { name } of uses) {
    const record = await catalog.find(name);
    const isModel = record?.layers.some(({ role }) => role === "model");
    const layer = isModel ? undefined : record?.layers.find(({ role }) => role === "adapter");
    if (!layer) {
      const found = record ? "is a model and no adapter" : "is not here; hearth ls shows those that are";
      throw new AppError("invalid_request", `adapters: ${JSON.stringify(name)} ${found}`);
    }
    files.push({ name, path: layer.path });
  }
  return files;
}
