import { AppError } from "../base/index.ts";
import { isAdapter, type ModelLibrary, type ModelRecord } from "../models/index.ts";
import { ModelHost } from "./model-host.ts";
import type { EngineObserver, EngineOptions } from "./options.ts";
import { Places } from "./places.ts";
import type { HostSource } from "./spare-host.ts";

/** Models whose history is kept beyond those that are loaded. */
const maxKnownModels = 1_024;

/** A model that was asked for: its process, whether it runs or not, and who waits for it. */
export type EngineModel = {
  /** The first name that it was asked for by; other names of the same manifest share it. */
  readonly id: string;
  /** Of the name that was asked for. */
  readonly record: ModelRecord;
  readonly host: ModelHost;
  readonly places: Places;
};

export type EngineModels = {
  /** Throws model_not_found. */
  get(name: string): Promise<EngineModel>;
  /** What is known of a record without asking for it. */
  peek(record: Pick<ModelRecord, "digest">): EngineModel | undefined;
  byId(id: string): EngineModel | undefined;
  /** By any name that it was asked for. */
  byName(name: string): EngineModel | undefined;
  all(): readonly EngineModel[];
};

export function createEngineModels(
  catalog: Pick<ModelLibrary, "find"> & Partial<Pick<ModelLibrary, "damage">>,
  options: Pick<EngineOptions, "parallel" | "queue" | "loadTimeoutMs">,
  source: HostSource,
  observer: EngineObserver,
  onLost: (id: string, host: ModelHost) => void,
): EngineModels {
  const byDigest = new Map<string, EngineModel>();
  const byId = new Map<string, EngineModel>();
  const digests = new Map<string, string>();

  function add(record: ModelRecord): EngineModel {
    forgetOldest();
    const id = record.name;
    const { loadTimeoutMs } = options;
    const host = new ModelHost(
      { model: id, loadTimeoutMs, source, onLost: () => onLost(id, host) },
      observer,
    );
    const model = {
      id,
      record,
      host,
      places: new Places({ name: id, parallel: options.parallel, queue: options.queue }),
    };
    byDigest.set(record.digest, model);
    byId.set(id, model);
    return model;
  }

  function forgetOldest(): void {
    if (byDigest.size < maxKnownModels) return;
    for (const model of byDigest.values()) {
      if (model.places.taken > 0 || model.host.state === "ready" || model.host.state === "loading") continue;
      byDigest.delete(model.record.digest);
      digests.delete(model.record.name);
      if (byId.get(model.id) === model) byId.delete(model.id);
      return;
    }
  }

  return {
    async get(name) {
      const record = await catalog.find(name);
      if (record && isAdapter(record))
        throw refuse(`"${name}" is an adapter and no model; name it in lora beside its model`);
      if (record) {
        digests.set(record.name, record.digest);
        return { ...(byDigest.get(record.digest) ?? add(record)), record };
      }
      const mend = catalog.damage?.()
        ? "the database of stored models is damaged; hearth doctor says how to mend it"
        : "GET /v1/models lists those that are, and hearth pull fetches others";
      throw refuse(`there is no model "${name}" here; ${mend}`);
    },
    peek: ({ digest }) => byDigest.get(digest),
    byId: (id) => byId.get(id),
    byName: (name) => byDigest.get(digests.get(name) ?? ""),
    all: () => [...byDigest.values()],
  };
}

function refuse(message: string): AppError {
  return new AppError("model_not_found", message, { details: { param: "model" } });
}
