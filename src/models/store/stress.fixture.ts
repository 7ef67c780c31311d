// Adds, copies and removes models and collects garbage on one home, as fast as it can, and writes a line a step. Ends
// with 1 on any surprise.
import { AppError } from "../../base/index.ts";
import { openDatabase } from "../../store/index.ts";
import { createBlobStore } from "../blobs/fs-blob-store.ts";
import { createModelStore } from "./model-store.ts";
import { someSummary } from "./record.fixture.ts";

const [home = "", seed = "0", steps = "0"] = process.argv.slice(2);
const { signal } = new AbortController();
const database = await openDatabase(`${home}/hearth.db`);
const blobs = createBlobStore(home);
const store = createModelStore({ database, blobs });
let state = Number(seed) + 1;

/** A number below the limit, from a linear congruential sequence. */
function draw(limit: number): number {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
  return (state >> 8) % limit;
}

async function* content(of: number): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(`weights ${of}`);
}

/** As an import does it: the blob first, then the name. */
async function add(): Promise<void> {
  const { digest, bytes } = await blobs.write(content(draw(4)), { signal, maxBytes: 100 });
  const layers = [{ role: "model", digest, bytes }] as const;
  await store.put({ name: `m${draw(5)}`, source: "imported", layers, settings: {}, summary: someSummary });
}

/** As a pull does it: the blob is held before it is looked for. */
async function pull(): Promise<void> {
  const text = new TextEncoder().encode(`weights ${draw(4)}`);
  const digest = `sha256:${new Bun.CryptoHasher("sha256").update(text).digest("hex")}`;
  await using _ = await blobs.hold([digest]);
  {
    await using part = await blobs.openPart(digest, signal);
    await part?.write(0, text);
    await part?.commit({ signal });
  }
  const layers = [{ role: "model", digest, bytes: text.byteLength }] as const;
  await store.put({ name: `m${draw(5)}`, source: "pulled", layers, settings: {}, summary: someSummary });
}

const actions = [
  add,
  pull,
  pull,
  () => store.copy(`m${draw(5)}`, `m${draw(5)}`),
  () => store.remove(`m${draw(5)}`),
  () => store.remove(`m${draw(5)}`),
  () => store.collectGarbage({ all: true }),
];

for (let step = 0; step < Number(steps); step++) {
  try {
    await actions[draw(actions.length)]?.();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "model_not_found") throw error;
  }
  process.stdout.write(`${step}\n`);
}
await database.close();
