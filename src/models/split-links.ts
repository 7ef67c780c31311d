import { mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, toDiskError } from "../base/index.ts";
import type { ModelLayer, ModelRecord } from "./record.ts";

/**
 * llama.cpp finds the parts of a split model by the names of their files, which blobs do not have: gives a record whose
 * parts are links with such names, made under `<home>/cache` where they are not there.
 */
export function linkParts(record: ModelRecord, home: string): ModelRecord {
  const parts = record.layers.filter(({ role }) => role === "model");
  if (parts.length < 2 || parts.some(({ digest }) => digest === undefined)) return record;
  const folder = join(home, "cache", `parts-${record.digest.slice("sha256:".length, "sha256:".length + 16)}`);
  const links = tryLinkAll(parts, folder);
  return {
    ...record,
    layers: record.layers.map((layer) => ({ ...layer, path: links.get(layer) ?? layer.path })),
  };
}

function tryLinkAll(parts: readonly ModelLayer[], folder: string): ReadonlyMap<ModelLayer, string> {
  try {
    return linkAll(parts, folder);
  } catch (error) {
    throw toDiskError(`link the parts of a model in ${folder}`, error);
  }
}

function linkAll(parts: readonly ModelLayer[], folder: string): ReadonlyMap<ModelLayer, string> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const digits = (value: number) => String(value).padStart(5, "0");
  const links = new Map<ModelLayer, string>();
  for (const [index, part] of parts.entries()) {
    const link = join(folder, `model-${digits(index + 1)}-of-${digits(parts.length)}.gguf`);
    if (readTarget(link) !== part.path) replaceLink(part.path, link);
    links.set(part, link);
  }
  return links;
}

function readTarget(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch (error) {
    // EINVAL: something that is no link, to be replaced by one.
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "EINVAL") return undefined;
    throw error;
  }
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
