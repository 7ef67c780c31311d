import { join } from "node:path";
import { createBlobStore } from "../../src/models/blobs/fs-blob-store.ts";
import { parseReference } from "../../src/models/names/model-reference.ts";
import { createPuller } from "../../src/models/pull/puller.ts";
import { systemClock } from "../../src/resilience/index.ts";
import { createTemporaryFolder } from "../../src/testing/index.ts";
import type { Figure } from "../figures.ts";
import { ensureModel, halfBillion } from "../models.ts";
import { median } from "../statistics.ts";

const pairs = 5;
const minRatio = 0.7;
const bytesPerMiB = 2 ** 20;

/** Pulls of a model of 0.5 B over loopback, in turn with `curl | sha256sum` from the same server. */
export async function measurePull(): Promise<readonly Figure[]> {
  const path = await ensureModel(halfBillion);
  const { size } = Bun.file(path);
  const digest = (await Bun.$`sha256sum ${path}`.text()).slice(0, 64);
  const server = Bun.spawn([process.execPath, join(import.meta.dir, "pull-server.ts"), path, digest], {
    stdout: "pipe",
  });
  try {
    const url = await readLine(server.stdout);
    const ratios: number[] = [];
    const rates: number[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      const curlMs = await time(() =>
        Bun.$`curl -s ${url}v2/library/m/blobs/sha256:${digest} | sha256sum`.quiet(),
      );
      const pullMs = await time(() => pull(url));
      ratios.push(curlMs / pullMs);
      rates.push((size / bytesPerMiB / pullMs) * 1000);
    }
    const ratio = median(ratios);
    return [
      {
        name: `pull of ${Math.round(size / bytesPerMiB)} MiB over loopback, against curl | sha256sum`,
        value: `${ratio.toFixed(2)} of its rate (${Math.round(median(rates))} MiB/s)`,
        target: `>= ${minRatio}`,
        isReached: ratio >= minRatio,
      },
    ];
  } finally {
    server.kill();
  }
}

async function pull(registry: string): Promise<void> {
  using home = createTemporaryFolder();
  const puller = createPuller({
    blobs: createBlobStore(home.path),
    registry: registry.replace(/\/$/, ""),
    huggingFace: { endpoint: registry },
    clock: systemClock,
  });
  const { signal } = new AbortController();
  for await (const _ of puller.pull(parseReference("m"), { signal }));
}

async function readLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  const { value } = await stream.getReader().read();
  return new TextDecoder().decode(value).trim();
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
