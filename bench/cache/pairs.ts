import { openGuard } from "../../src/coordinator/cache/cache-fixture.ts";
import { type CacheEvaluation, evaluateCache } from "../../src/coordinator/cache/evaluation/evaluate.ts";
import { createGuard } from "../../src/coordinator/cache/guard.ts";
import { createRealEngine, createTemporaryFolder, findTestModel } from "../../src/testing/index.ts";
import type { Figure } from "../figures.ts";

const threshold = 0.95;
const model = "w2v1000-static-bert";

/** What shared words, and a model of 993 common words, would serve of the bundled pairs: why neither is a default. */
export async function measurePairs(): Promise<readonly Figure[]> {
  using folder = createTemporaryFolder();
  const path = findTestModel(`${model}-f16.gguf`);
  const plugins = openGuard(folder.path);
  const engine = await createRealEngine(path === undefined ? {} : { models: [{ id: model, path }] });
  try {
    const deps = { engine, guard: createGuard({ plugins: async () => plugins }) };
    const asked = { maxWrongShare: 0.01, signal: new AbortController().signal };
    const words = await evaluateCache(deps, asked);
    const other =
      path === undefined ? [] : toFigures(await evaluateCache(deps, { ...asked, embeddingModel: model }));
    return [...toFigures(words), ...other];
  } finally {
    await plugins.close();
    await engine.stop(AbortSignal.abort());
  }
}

function toFigures({ embedding, rows, same, near }: CacheEvaluation): readonly Figure[] {
  const row = rows.find((each) => each.threshold === threshold);
  if (!row) return [];
  const { plain, guarded } = row;
  const say = ({ hits, falseHits }: typeof plain) => `${hits} of ${same} hits, ${falseHits} of ${near} false`;
  return [
    { name: `${embedding} at ${threshold}`, value: say(plain) },
    { name: `${embedding} at ${threshold}, guarded`, value: say(guarded) },
  ];
}
