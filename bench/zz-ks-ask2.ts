import { createKnowledge } from "../src/knowledge/index.ts";
import { openHomeDatabase } from "../src/store/index.ts";
import { SqliteConnection } from "../src/store/sqlite-connection.ts";
import { createVectors, makeQuestions } from "./knowledge/synthetic.ts";

const times = new Map<string, number[]>();
const original = SqliteConnection.prototype.executeQuery;
SqliteConnection.prototype.executeQuery = async function (q: any) {
  const t = performance.now();
  try {
    return (await original.call(this, q)) as any;
  } finally {
    const k = q.sql.replace(/\s+/g, " ").slice(0, 90);
    times.set(k, [...(times.get(k) ?? []), performance.now() - t]);
  }
};
const home = "/tmp/ks/home";
const database = await openHomeDatabase(home);
await database.loadVectors(home);
if ('pragma mmap_size=1073741824') { const {sql}=await import('kysely'); await sql.raw('pragma mmap_size=1073741824').execute(database.kysely); }
const draw = createVectors(384, 5);
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
const all: number[] = [];
for (const text of makeQuestions(100)) {
  const t = performance.now();
  await k.search({ collections: ["bench"], text, maxResults: 10, tenant: "q" }, new AbortController().signal);
  all.push(performance.now() - t);
}
const q = (x: number[], p: number) => x.toSorted((a, b) => a - b)[Math.floor(p * x.length)]!.toFixed(2);
console.log("p50", q(all, 0.5), "p95", q(all, 0.95));
for (const [sqlText, x] of times)
  console.log(
    x.length,
    "sum/query",
    (x.reduce((a, b) => a + b, 0) / 100).toFixed(2),
    "p50",
    q(x, 0.5),
    "max",
    Math.max(...x).toFixed(1),
    sqlText,
  );
await database.close();
