import type { GenerateRequest } from "../../contract/index.ts";
import { findEmbeddingPrompts, type ModelRecord } from "../../models/index.ts";
import { mayNameUpstream } from "../../upstreams/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import type { FingerprintFacts } from "./fingerprint.ts";

export type Facts = {
  readonly facts: FingerprintFacts;
  /** Canonical where the model is here. */
  readonly model: string;
  /** Whether the question must not leave this machine, by its own label or that of what it is answered from. */
  readonly isLocal: boolean;
};

type FactDeps = Pick<CoordinatorDeps, "library" | "knowledge" | "settings">;

/** What decides about an answer beside the request itself. Throws what the library and the knowledge throw. */
export async function readFacts(deps: FactDeps, request: GenerateRequest): Promise<Facts> {
  const { library, settings } = deps;
  const record = await library.find(request.model);
  const isAlias = record === undefined && !mayNameUpstream(request.model);
  const [own, adapters, space, context] = await Promise.all([
    describeModel(deps, request.model),
    Promise.all((request.adapters ?? []).map(({ name }) => describeModel(deps, name))),
    settings.embeddingModel === undefined ? undefined : describeSpace(deps, settings.embeddingModel),
    readContext(deps, request),
  ]);
  const { routeLocal = settings.models[0] ?? "", routeRemote = "", routePolicy } = settings;
  const local = isAlias ? await describeModel(deps, routeLocal) : "";
  return {
    model: record?.name ?? request.model,
    isLocal: request.privacy === "local" || (context?.isLocal ?? false),
    facts: {
      model: [own, ...adapters].join(" "),
      ...(isAlias && { route: { local, remote: routeRemote, policy: routePolicy } }),
      ...(context && { context: context.revision }),
      ...(space !== undefined && { space }),
    },
  };
}

/** Name, and where its files are here what tells them apart from others of that name. */
export async function describeModel({ library }: Pick<FactDeps, "library">, name: string): Promise<string> {
  return describeRecord(await library.find(name), name);
}

function describeRecord(record: ModelRecord | undefined, name: string): string {
  return record ? `${record.name} ${record.digest}` : name;
}

/** Vectors of the same space can be compared: the model's file, and what stands before the texts. */
export async function describeSpace(
  { library }: Pick<FactDeps, "library">,
  embeddingModel: string,
): Promise<string> {
  const record = await library.find(embeddingModel);
  const { similarity } = findEmbeddingPrompts(record?.name ?? embeddingModel, record?.summary.title);
  const model = describeRecord(record, embeddingModel);
  return similarity === "" ? model : `${model} ${similarity.trim()}`;
}

async function readContext({ knowledge }: FactDeps, { retrieval }: GenerateRequest) {
  if (!retrieval || retrieval.collections.length === 0) return undefined;
  const { collections } = await knowledge();
  const found = await Promise.all(retrieval.collections.map((name) => collections.find(name)));
  return {
    revision: await collections.revision(retrieval.collections),
    isLocal: found.some((collection) => collection?.label === "local"),
  };
}
