import { AppError } from "../../base/index.ts";
import type { LayerRole, ModelSettings } from "../record.ts";
import { readSettings } from "./settings.ts";

export type LayerText = { readonly role: LayerRole; readonly text: string };

/** Settings of a manifest from its layers that are no weights. Throws AppError where one cannot be honoured. */
export function readLayerTexts(texts: readonly LayerText[]): ModelSettings {
  const last = (role: LayerRole) => texts.findLast((layer) => layer.role === role)?.text;
  const [template, system, params, messages] = (
    ["template", "system", "parameters", "messages"] as const
  ).map(last);
  const renderer = readRenderer(last("config"));
  return readSettings({
    ...(template !== undefined && { template }),
    ...(system !== undefined && { system }),
    ...(params !== undefined && { params }),
    ...(messages !== undefined && { messages }),
    ...(renderer !== undefined && { renderer }),
    licenses: texts.filter(({ role }) => role === "license").map(({ text }) => text),
  });
}

function readRenderer(config: string | undefined): string | undefined {
  if (config === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(config);
  } catch (cause) {
    throw new AppError("invalid_request", "the model's config layer is no JSON", { cause });
  }
  if (typeof value !== "object" || value === null || !("renderer" in value)) return undefined;
  return typeof value.renderer === "string" && value.renderer !== "" ? value.renderer : undefined;
}
