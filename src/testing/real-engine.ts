import type { GenerateEvent, GenerateRequest } from "../contract/index.ts";
import {
  createEngine,
  type Engine,
  type EngineObserver,
  type EngineOptions,
  locateLibraries,
} from "../engine/index.ts";
import { describeFile, type ModelRecord } from "../models/index.ts";
import { demoModelPath } from "./models.ts";

const noObserver: EngineObserver = {
  modelLoaded: () => {},
  modelUnloaded: () => {},
  modelAsked: () => {},
  modelPreloaded: () => {},
  roomWaited: () => {},
  unloadFailed: () => {},
  hostExited: () => {},
  stepFinished: () => {},
};

export type RealEngineOptions = Partial<Omit<EngineOptions, "residency">> & {
  readonly residency?: Partial<EngineOptions["residency"]>;
  /** Files to serve, or records as they are. */
  readonly models?: readonly (ModelRecord | { readonly id: string; readonly path: string })[];
};

/** A real engine that serves the built-in model, or other files, from its own process. */
export async function createRealEngine(
  { models = [{ id: "hearth-demo", path: demoModelPath }], residency, ...options }: RealEngineOptions = {},
  observer: Partial<EngineObserver> = {},
): Promise<Engine> {
  const records = models.map((model) =>
    "id" in model ? describeFile(model.path, { name: model.id, source: "file" }) : model,
  );
  return createEngine(
    {
      catalog: createFixedCatalog(records),
      residency: {
        budgetBytes: 2 ** 40,
        deviceBudgetBytes: 2 ** 40,
        maxModels: 16,
        policy: "lru",
        keepAliveMs: Number.POSITIVE_INFINITY,
        keepAlives: new Map(),
        pinned: [],
        priorities: new Map(),
        ...residency,
      },
      libraryDir: await locateLibraries(""),
      parallel: 4,
      queue: 8,
      kvType: "f16",
      gpuLayers: 0,
      hasGpu: false,
      prefixCacheBytes: 2 ** 26,
      loadTimeoutMs: 60_000,
      ...options,
    },
    { ...noObserver, ...observer },
  );
}

function createFixedCatalog(records: readonly ModelRecord[]): EngineOptions["catalog"] {
  return {
    list: async () => records,
    find: async (name) => records.find((record) => record.name === name),
    recordUse: () => undefined,
  };
}

/** A chat request of one user message at temperature 0. */
export function createChatRequest(content: string, changes: Partial<GenerateRequest> = {}): GenerateRequest {
  return {
    id: "test",
    model: "hearth-demo",
    input: {
      type: "chat",
      messages: [{ role: "user", content }],
      tools: [],
      toolChoice: "auto",
      parallelToolCalls: true,
      reasoning: { format: "split" },
      templateVariables: {},
      continueFinalMessage: false,
      addGenerationPrompt: true,
    },
    sampling: { temperature: 0, seed: 1 },
    stop: [],
    choices: 1,
    entropy: false,
    promptLogprobs: false,
    priority: "interactive",
    tenant: "test",
    cachePrompt: true,
    ...changes,
  };
}

export async function collectText(events: AsyncIterable<GenerateEvent>): Promise<string> {
  let text = "";
  for await (const event of events) if (event.type === "text") text += event.text;
  return text;
}
