import { mkdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { ModelLayer, ModelRecord } from "./record.ts";

/**
 * llama.cpp finds the parts of a split model by the names of their files, which blobs do not have: gives a record whose
 * parts are links with such names, made under `<home>/cache` where they are not there.
 */
export function linkParts(record: ModelRecord, home: string): ModelRecord {
  const parts = record.layers.filter(({ role }) => role === "model");
  if (parts.length < 2 || parts.some(({ digest }) => digest === undefined)) return record;
  const folder = join(home, "cache", `parts-${record.digest.slice("sha256:".length, "sha256:".length + 16)}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const digits = (value: number) => String(value).padStart(5, "0");
  const links = new Map<ModelLayer, string>();
  for (const [index, part] of parts.entries()) {
    const link = join(folder, `model-${digits(index + 1)}-of-${digits(parts.length)}.gguf`);
    replaceLink(part.path, link);
    links.set(part, link);
  }
  return {
    ...record,
    layers: record.layers.map((layer) => ({ ...layer, path: links.get(layer) ?? layer.path })),
  };
}

/** Renamed into place, so that a process that loads the model meanwhile never misses a part. */
function replaceLink(target: string, link: string): void {
  const temporary = `${link}.${process.pid}-${crypto.randomUUID()}`;
  symlinkSync(target, temporary);
  try {
    renameSync(temporary, link);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
