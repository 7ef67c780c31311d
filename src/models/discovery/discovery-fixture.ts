/** What the tests of discovery share: caches of other programs, made of tiny models. */
import { createHash } from "node:crypto";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { encodeGguf, type GgufValue } from "../../testing/gguf/gguf-writer.ts";
import { createTinyModel, zeroTensor } from "../../testing/gguf/tiny-model.ts";
import type { HeaderNote, SummaryCache } from "./header-notes.ts";

export function tinyModel(metadata: Readonly<Record<string, GgufValue>> = {}): Uint8Array {
  return encodeGguf(createTinyModel({ metadata }));
}

export function tinyProjector(): Uint8Array {
  const metadata = { "general.architecture": { type: "string", value: "clip" } } as const;
  return encodeGguf({ metadata, tensors: [zeroTensor("v.patch.weight", [4])] });
}

export function tinyAdapter(): Uint8Array {
  const metadata = {
    "general.architecture": { type: "string", value: "llama" },
    "general.type": { type: "string", value: "adapter" },
  } as const;
  return encodeGguf({ metadata, tensors: [zeroTensor("blk.0.attn_q.weight.lora_a", [4])] });
}

export function write(path: string, content: Uint8Array | string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

export function sha256(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Puts a file into a hub cache as the hub's own client does: a blob, and a link to it in the snapshot. */
export function writeHubFile(cache: string, repository: string, file: string, content: Uint8Array): string {
  const folder = join(cache, `models--${repository.replace("/", "--")}`);
  const revision = "a".repeat(40);
  const blob = write(join(folder, "blobs", sha256(content)), content);
  write(join(folder, "refs", "main"), revision);
  const link = join(folder, "snapshots", revision, file);
  mkdirSync(dirname(link), { recursive: true });
  symlinkSync(blob, link);
  return link;
}

/** Layers of an Ollama model: its media type's last word, and what the blob holds. */
export type OllamaLayer = readonly [type: string, content: Uint8Array | string];

export function writeOllamaModel(
  store: string,
  name: string,
  layers: readonly OllamaLayer[],
  change: (manifest: Record<string, unknown>) => unknown = (manifest) => manifest,
): string {
  const entries = layers.map(([type, content]) => {
    const digest = sha256(content);
    write(join(store, "blobs", `sha256-${digest}`), content);
    return {
      mediaType: `application/vnd.ollama.image.${type}`,
      digest: `sha256:${digest}`,
      size: Buffer.byteLength(content),
    };
  });
  const manifest = { schemaVersion: 2, layers: entries };
  return write(join(store, "manifests", name), JSON.stringify(change(manifest)));
}

/** A cache in memory that counts what it was given. */
export function createMemoryCache(): SummaryCache & { readonly notes: Map<string, HeaderNote> } {
  const notes = new Map<string, HeaderNote>();
  return {
    notes,
    all: async () => notes,
    async put(added) {
      for (const [key, note] of added) notes.set(key, note);
    },
  };
}
