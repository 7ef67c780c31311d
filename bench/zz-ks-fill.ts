import { createKnowledge } from "../src/knowledge/index.ts";
import { openHomeDatabase } from "../src/store/index.ts";
import { createVectors, makeDocuments } from "./knowledge/synthetic.ts";

const home = "/tmp/ks/home";
const database = await openHomeDatabase(home);
await database.loadVectors(home);
const draw = createVectors(384, 4);
const engine: any = {
  find: async (id: string) => ({
    id,
    summary: { architecture: "bert", parameters: 1, quantisation: "", capabilities: { embed: true } },
  }),
  embed: async ({ inputs }: any) => ({ vectors: inputs.map(draw), promptTokens: 0 }),
};
const k = createKnowledge({
  engine,
  home,
  database: async () => database,
  now: Date.now,
  logger: { warn() {} },
});
await k.collections.create({ name: "bench", embeddingModel: "bench" });
let batch: any[] = [];
let n = 0;
const t = performance.now();
let inDb = 0;
for (const d of makeDocuments(100_000)) {
  batch.push(d);
  if (batch.length === 50) {
    const a = performance.now();
    await k.documents.add("bench", batch, new AbortController().signal);
    inDb += performance.now() - a;
    n += 500;
    batch = [];
    if (n % 20000 === 0) console.log(n, (performance.now() - t).toFixed(0), inDb.toFixed(0));
  }
}
await database.close();
