import { expect, test } from "bun:test";
import { openDatabase } from "../../store/index.ts";
import { createFakeLibrary, createRealEngine, createTemporaryFolder } from "../../testing/index.ts";
import { systemJudgeClock } from "../clock.ts";
import { createRunStore } from "../runs/run-store.ts";
import { createCoordination } from "./coordination.ts";
import { specOf } from "./coordination-fixture.ts";
import { strategyNames } from "./strategies/strategies.ts";

const { signal } = new AbortController();

test("the built-in model works in every team and judges what it makes", async () => {
  using folder = createTemporaryFolder();
  const database = await openDatabase(folder.file("hearth.db"));
  const engine = await createRealEngine({ queue: 64 });
  const coordination = createCoordination(
    {
      ...{ engine, generate: engine.generate, library: createFakeLibrary({ names: ["hearth-demo"] }) },
      plugins: () => Promise.reject(new Error("no plugins here")),
      ...{ database: async () => database, models: ["hearth-demo"], clock: systemJudgeClock },
      random: () => 0.5,
    },
    createRunStore({
      ...{ database: async () => database, now: Date.now, processId: process.pid, isAlive: () => true },
    }),
  );
  try {
    for (const strategy of strategyNames) {
      const fields = { task: "Name a colour.", strategy, num_agents: 2, rounds: 1, max_tokens: 24, seed: 5 };
      const spec = specOf({ ...fields, repeats: 2 });
      const { result } = await coordination.measure(spec, { signal });
      expect(result?.effect.scored).toBe(true);
      expect(result?.costs.coordinated.completionTokens).toBeGreaterThan(0);
      expect(result?.agentAnswers.every(({ completionTokens }) => completionTokens <= 24)).toBe(true);
    }
  } finally {
    await engine.stop(AbortSignal.abort());
    await database.close();
  }
}, 120_000);
