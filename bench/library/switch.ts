import { copyFileSync } from "node:fs";
import type { LoadPhases } from "../../src/engine/protocol.ts";
import { createChatRequest, createRealEngine, createTemporaryFolder } from "../../src/testing/index.ts";
import type { Figure } from "../figures.ts";
import { ensureModel, halfBillion } from "../models.ts";
import { median } from "../statistics.ts";

const runs = 5;
const never = new AbortController().signal;

/** Two models of 0.5 B parameters asked in turn: where both are in memory, and where there is room for one. */
export async function measureSwitch(): Promise<readonly Figure[]> {
  using folder = createTemporaryFolder();
  const source = await ensureModel(halfBillion);
  const models = ["first", "second"].map((id) => ({ id, path: folder.file(`${id}.gguf`) }));
  for (const { path } of models) copyFileSync(source, path);
  const resident = await alternate(models, 2);
  const switching = await alternate(models, 1);
  const phases = (
    ["spawnToLoadMs", "openMs", "modelMs", "contextMs", "templateMs", "adaptersMs"] as const
  ).map(
    (phase) =>
      `${phase.replace(/Ms$/, "")} ${median(switching.phases.map((load) => load[phase])).toFixed(0)}`,
  );
  return [
    {
      name: "switch between two models in memory: time spent loading",
      value: `${Math.max(...resident.loadMs).toFixed(0)} ms`,
      target: "0 ms",
      isReached: resident.loadMs.every((ms) => ms === 0),
    },
    {
      name: "switch to a model of 0.5 B that is not in memory",
      value: `${median(switching.loadMs).toFixed(0)} ms`,
    },
    { name: "of that, by phase in ms", value: phases.join(", ") },
  ];
}

async function alternate(
  models: readonly { readonly id: string; readonly path: string }[],
  maxModels: number,
) {
  const phases: LoadPhases[] = [];
  const loadMs: number[] = [];
  const engine = await createRealEngine(
    { models, contextTokens: 2_048, residency: { maxModels } },
    { modelLoaded: (_, load) => phases.push(load.phases) },
  );
  for (let run = -1; run < runs; run += 1) {
    for (const { id } of models) {
      const request = createChatRequest("hi", { model: id, maxTokens: 1 });
      for await (const event of engine.generate(request, never))
        if (event.type === "done" && run >= 0) loadMs.push(event.timings.loadMs);
    }
  }
  await engine.stop(AbortSignal.abort());
  return { phases, loadMs };
}
