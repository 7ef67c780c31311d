import type { GenerationRecord } from "../coordinator/index.ts";
import type { LogFields, RequestRecord, ServerDeps } from "../server/index.ts";
import { createFakeCoordinator } from "./fake-coordinator.ts";
import { createFakeEngine, type FakeEngine } from "./fake-engine.ts";
import { createFakeLibrary, type FakeLibrary } from "./fake-library.ts";

export type LogLine = { readonly level: string; readonly event: string; readonly fields: LogFields };

export type ServerRecords = {
  readonly deps: ServerDeps;
  readonly engine: FakeEngine;
  readonly library: FakeLibrary;
  readonly logs: readonly LogLine[];
  readonly requests: readonly RequestRecord[];
  readonly generations: readonly GenerationRecord[];
};

/** What a test has otherwise than the records make it. */
export type ServerChanges = Partial<Omit<ServerDeps, "engine" | "library">> & {
  readonly engine?: FakeEngine;
  readonly library?: FakeLibrary;
};

/** What a server needs, over a scripted engine, with everything it reports kept for the test to read. */
export function createServerRecords(changes: ServerChanges = {}): ServerRecords {
  const engine = changes.engine ?? createFakeEngine();
  const library = changes.library ?? createFakeLibrary({ names: ["fake-model"] });
  const logs: LogLine[] = [];
  const requests: RequestRecord[] = [];
  const generations: GenerationRecord[] = [];
  const write = (level: string) => (event: string, fields: LogFields) => {
    logs.push({ level, event, fields });
  };
  const deps: ServerDeps = {
    metrics: {
      requestFinished: (record) => void requests.push(record),
      rateLimited: () => undefined,
      contentType: "text/plain; version=0.0.4",
      text: async () => "hearth_up 1\n",
    },
    logger: { info: write("info"), warn: write("warn"), error: write("error") },
    inspectModel: async ({ summary }) => ({
      modelInfo: {
        "general.architecture": summary.architecture,
        "general.parameter_count": summary.parameters,
        [`${summary.architecture}.context_length`]: summary.trainedContextTokens ?? 0,
      },
      chatTemplate: "{{ messages }}",
    }),
    plugins: () => Promise.reject(new Error("this test has no plugins")),
    judges: () => Promise.reject(new Error("this test has no judges")),
    knowledge: () => Promise.reject(new Error("this test has no knowledge")),
    coordinator: createFakeCoordinator({ engine, library }),
    record: (record) => void generations.push(record),
    apiKeys: [],
    adminKeys: [],
    allowedOrigins: [],
    hostname: "127.0.0.1",
    version: "1.2.3",
    ...changes,
    engine,
    library,
  };
  return { deps, engine, library, logs, requests, generations };
}
