import { AppError } from "../../base/index.ts";
import type { LayerRole } from "../record.ts";

const maxLayers = 256;
const listType = "application/vnd.ollama.manifest.list.v2+json";
const digestPattern = /^sha256[:-]([\da-f]{64})$/i;
/** Programs whose models are GGUF files, best first. */
const runners = ["ollama", "llamacpp", ""];

const roles: Readonly<Record<string, LayerRole>> = {
  "application/vnd.ollama.image.model": "model",
  "application/vnd.ollama.image.projector": "projector",
  "application/vnd.ollama.image.adapter": "adapter",
  "application/vnd.ollama.image.template": "template",
  "application/vnd.ollama.image.prompt": "template",
  "application/vnd.ollama.image.system": "system",
  "application/vnd.ollama.image.params": "parameters",
  "application/vnd.ollama.image.messages": "messages",
  "application/vnd.ollama.image.license": "license",
  "application/vnd.docker.container.image.v1+json": "config",
};

export type ManifestLayer = { readonly role: LayerRole; readonly digest: string; readonly bytes: number };

/** Either the layers of a model, or the digest of the manifest that has them. */
export type OllamaManifest =
  | { readonly type: "layers"; readonly layers: readonly ManifestLayer[] }
  | { readonly type: "reference"; readonly digest: string };

/** Reads a manifest of Ollama's store. Throws AppError invalid_request for what is none, or describes no GGUF model. */
export function parseOllamaManifest(text: string): OllamaManifest {
  const manifest = parseObject(text);
  if (manifest.mediaType !== listType) return { type: "layers", layers: parseLayers(manifest) };
  const children = (Array.isArray(manifest.manifests) ? manifest.manifests : []).filter(isObject);
  const child = runners
    .map((runner) => children.find((each) => String(each.runner ?? "").toLowerCase() === runner))
    .find((each) => each !== undefined);
  if (child === undefined) throw invalid("it has no variant for llama.cpp");
  if (Array.isArray(child.layers)) return { type: "layers", layers: parseLayers(child) };
  return { type: "reference", digest: parseDigest(child.digest) };
}

function parseLayers(manifest: Record<string, unknown>): ManifestLayer[] {
  const entries = Array.isArray(manifest.layers) ? manifest.layers : [];
  if (entries.length > maxLayers) throw invalid(`it has ${entries.length} layers, more than ${maxLayers}`);
  const layers = [...entries, manifest.config].flatMap((entry) => {
    if (!isObject(entry) || typeof entry.mediaType !== "string") return [];
    const role = roles[entry.mediaType];
    if (role === undefined || entry.digest === "" || entry.digest === undefined) return [];
    const bytes = typeof entry.size === "number" && Number.isSafeInteger(entry.size) ? entry.size : -1;
    if (bytes < 0) throw invalid("a layer has no size");
    return [{ role, digest: parseDigest(entry.digest), bytes }];
  });
  if (!layers.some(({ role }) => role === "model")) throw invalid("it has no GGUF file; it runs elsewhere");
  return layers;
}

/** `sha256:` and 64 hex digits; nothing else may become part of a path. */
function parseDigest(value: unknown): string {
  const hex = typeof value === "string" ? digestPattern.exec(value)?.[1] : undefined;
  if (hex === undefined) throw invalid(`a digest is ${JSON.stringify(String(value).slice(0, 80))}`);
  return `sha256:${hex.toLowerCase()}`;
}

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new AppError("invalid_request", "it is no JSON", { cause });
  }
  if (!isObject(value)) throw invalid("it is no object");
  return value;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(reason: string): AppError {
  return new AppError("invalid_request", `this is no manifest of a model: ${reason}`);
}
