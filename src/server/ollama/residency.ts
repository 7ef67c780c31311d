import type { ModelEntry } from "../../engine/index.ts";
import type { RouteDeps } from "../route.ts";

/** What a request without a prompt asks for: loads the model, or unloads it where it is to be kept for no time. */
export async function changeResidency(
  { engine }: Pick<RouteDeps, "engine">,
  entry: ModelEntry,
  request: { readonly contextTokens?: number; readonly keepAliveMs?: number },
  signal: AbortSignal,
): Promise<"load" | "unload"> {
  if (request.keepAliveMs === 0) {
    await engine.unload(entry.id);
    return "unload";
  }
  const { contextTokens, keepAliveMs } = request;
  const wanted = {
    ...(contextTokens === undefined ? {} : { contextTokens }),
    ...(keepAliveMs === undefined ? {} : { keepAliveMs }),
  };
  await engine.load(entry.id, wanted, signal);
  return "load";
}
