/** Exports over a real database, the real judge and the embedder of words. */
import { readdirSync, readFileSync } from "node:fs";
import { createPlugins, type Plugins, silentObserver } from "../../plugin-host/index.ts";
import { systemClock } from "../../resilience/index.ts";
import { type Database, type InteractionTable, openHomeDatabase } from "../../store/index.ts";
import { createFakeEngine, createTemporaryFolder, quietSettings } from "../../testing/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import { createDataset } from "./dataset.ts";
import type { DatasetRequest } from "./export-request.ts";

export const { signal } = new AbortController();

export type TestDatasetDeps = Pick<CoordinatorDeps, "engine" | "settings" | "telemetry"> & {
  readonly judge: Plugins["judge"];
};

/** `await using` ends it. */
export async function openTestDataset(changes: Partial<TestDatasetDeps> = {}) {
  const folder = createTemporaryFolder();
  const database: Database = await openHomeDatabase(folder.path);
  const plugins = createPlugins({
    ...{ home: folder.path, trustedKeys: [], requireSigned: false, readVariable: () => undefined },
    ...{ clock: systemClock, now: Date.now, observer: silentObserver },
  });
  const dataset = createDataset({
    ...{ engine: changes.engine ?? createFakeEngine(), settings: changes.settings ?? quietSettings },
    plugins: async () => ({ ...plugins, judge: changes.judge ?? plugins.judge }),
    database: async () => database,
    ...(changes.telemetry && { telemetry: changes.telemetry }),
    ...{ now: () => Date.UTC(2026, 0, 31), nowMs: () => performance.now() },
  });
  let exports = 0;
  return {
    ...{ dataset, database, folder, plugins },
    /** Inserts interactions that fit, but for what is given. */
    async insert(...rows: readonly Partial<InteractionTable>[]) {
      for (const row of rows)
        await database.kysely
          .insertInto("interaction")
          .values(createRow(row) as InteractionTable & { position: number })
          .execute();
    },
    /** Exports to a new folder, and reads what was written. */
    async run(request: Partial<DatasetRequest> = {}) {
      const path = folder.file(`export-${++exports}`);
      const report = await dataset.export({ ...request, folder: path }, { signal });
      const files = report.files.map(({ name }) => readFileSync(`${path}/${name}`, "utf8"));
      return { ...{ report, path, files }, lines: files.flatMap(readLines) };
    },
    async [Symbol.asyncDispose]() {
      await plugins.close();
      await database.close();
      folder[Symbol.dispose]();
    },
  };
}

export function readLines(text: string): readonly Readonly<Record<string, unknown>>[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

export function listFiles(path: string): readonly string[] {
  return readdirSync(path).sort();
}

let made = 0;

function createRow(changes: Partial<InteractionTable>): Omit<InteractionTable, "position"> {
  const { query = `question ${made}`, response = `answer ${made}` } = changes;
  return {
    ...{ id: `chatcmpl-${made++}`, tenant: "local", origin: "served", content: "full", system: null },
    ...{ query, response, query_hash: "", response_hash: "", query_length: 1, response_length: 1, cut: 0 },
    ...{ model: "fake-model", agent_type: "local", route: "local", prompt_tokens: 1, completion_tokens: 1 },
    ...{ latency_ms: 1, context_ids: "[]", tags: "[]", consent: 1, private: 0, outcome: "success" },
    ...{ inferred: 0, feedback: 1, value: 0.8, terms: '{"outcome":0.4}', contexts_noted: 0 },
    ...{ document_id: null, pattern_id: null, created_at_ms: made, outcome_at_ms: null },
    ...changes,
  };
}
