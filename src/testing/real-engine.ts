import type { GenerateEvent, GenerateRequest } from "../contract/index.ts";
import {
  createEngine,
  type Engine,
  type EngineObserver,
  type EngineOptions,
  locateLibraries,
} from "../engine/index.ts";
import { demoModelPath } from "./models.ts";

const noObserver: EngineObserver = { modelLoaded: () => {}, hostExited: () => {}, stepFinished: () => {} };

/** A real engine that serves the built-in model, or other files, from its own process. */
export async function createRealEngine(
  options: Partial<EngineOptions> = {},
  observer: Partial<EngineObserver> = {},
): Promise<Engine> {
  return createEngine(
    {
      models: [{ id: "hearth-demo", path: demoModelPath }],
      libraryDir: await locateLibraries(""),
      parallel: 4,
      queue: 8,
      kvType: "f16",
      gpuLayers: 0,
      prefixCacheBytes: 2 ** 26,
      loadTimeoutMs: 60_000,
      ...options,
    },
    { ...noObserver, ...observer },
  );
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
