import { AppError } from "../base/index.ts";
import { checkAdapterHeader } from "./gguf/check-adapter.ts";
import { checkModelHeader, findKind } from "./gguf/check-model.ts";
import { summarize } from "./gguf/describe.ts";
import type { GgufHeader } from "./gguf/header.ts";
import type { ModelReference } from "./names/model-reference.ts";
import type { Puller } from "./pull/puller.ts";
import type { ModelRecord } from "./record.ts";

/** A model that could be pulled: what its headers say, read where it is. */
export type RemoteModel = {
  readonly record: ModelRecord;
  /** Of the weights; several where the model is split. */
  readonly headers: readonly [GgufHeader, ...GgufHeader[]];
};

/** Throws AppError as a pull does, also where the files could not be run. */
export async function inspectRemote(
  puller: Puller,
  reference: ModelReference,
  options: { readonly signal: AbortSignal },
): Promise<RemoteModel> {
  const { name, origin, files } = await puller.inspect(reference, options);
  const [first, ...others] = files.flatMap(({ header }) => header ?? []);
  if (!first) throw new AppError("model_load_failed", `${origin} has no weights; it cannot be run by itself`);
  const isAdapter = findKind(first) === "adapter";
  if (isAdapter) checkAdapterHeader(name, first);
  else checkModelHeader(name, { ...first, tensors: [first, ...others].flatMap(({ tensors }) => tensors) });
  const nowMs = Date.now();
  const record: ModelRecord = {
    name,
    source: "remote",
    origin,
    digest: "",
    layers: files.map(({ role, label, bytes }) => ({
      role: role === "model" && isAdapter ? "adapter" : role,
      path: label,
      bytes,
    })),
    settings: {},
    summary: summarize(first),
    createdAtMs: nowMs,
    modifiedAtMs: nowMs,
    uses: 0,
  };
  return { record, headers: [first, ...others] };
}
