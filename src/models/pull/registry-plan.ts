import { z } from "zod";
import { AppError } from "../../base/index.ts";
import { isLoopback } from "../../config/index.ts";
import { defaultHost, formatReference, type RegistryReference } from "../names/model-reference.ts";
import type { LayerRole } from "../record.ts";
import type { Timing } from "./backoff.ts";
import { fetchDocument } from "./fetch-document.ts";
import type { HttpClient } from "./http-client.ts";
import { maxBlobBytes, maxFiles, maxManifestBytes, maxTextBytes } from "./limits.ts";
import type { Explain, PlannedFile, PullPlan } from "./pull-plan.ts";
import { createRegistrySession, type RegistrySession } from "./registry-session.ts";

const manifestTypes = [
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
];
const layerPrefix = "application/vnd.ollama.image.";
const layerRoles: Readonly<Record<string, LayerRole>> = {
  model: "model",
  projector: "projector",
  adapter: "adapter",
  template: "template",
  system: "system",
  params: "parameters",
  messages: "messages",
  license: "license",
};
const bigRoles: ReadonlySet<LayerRole> = new Set(["model", "projector", "adapter"]);

const entry = z.object({
  mediaType: z.string().max(255),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.int().min(0).max(maxBlobBytes),
});
const manifestShape = z.object({
  schemaVersion: z.literal(2),
  config: entry.optional(),
  layers: z.array(entry).min(1).max(maxFiles),
});

export type RegistryPlanOptions = {
  readonly client: HttpClient;
  readonly timing: Timing;
  /** Address of the default registry. */
  readonly registry: string;
  readonly signal: AbortSignal;
};

/** Reads the manifest of a model of an Ollama registry. A layer of a kind that is not known is an error. */
export async function planRegistryPull(
  reference: RegistryReference,
  { client, timing, registry, signal }: RegistryPlanOptions,
): Promise<PullPlan> {
  const base = locateRegistry(reference, registry);
  const name = formatReference(reference);
  const root = `/v2/${reference.namespace}/${reference.model}`;
  const session = createRegistrySession(base, client, timing);
  const explain = explainFor(name, base);
  const headers = { accept: manifestTypes.join(", ") };
  const { content } = await fetchDocument(
    {
      label: `the manifest of ${name}`,
      maxBytes: maxManifestBytes,
      get: (attempt) => session.get(`${root}/manifests/${reference.tag}`, headers, attempt),
      explain,
    },
    timing,
    signal,
  );
  const manifest = parseManifest(name, content);
  const files = manifest.layers.map((layer) => planLayer(name, root, session, explain, layer));
  const config = manifest.config && toFile("config", root, session, explain, manifest.config);
  return { files: config ? [...files, config] : files, origin: name, notes: [] };
}

function locateRegistry({ host }: RegistryReference, registry: string): URL {
  if (host === defaultHost) return new URL(registry);
  const isLocal = isLoopback(host.replace(/:\d+$/, ""));
  return new URL(`${isLocal ? "http" : "https"}://${host}`);
}

function parseManifest(name: string, content: unknown): z.infer<typeof manifestShape> {
  const parsed = manifestShape.safeParse(content);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join(".") ?? "";
  const message = `the manifest of ${name} is not of the form that Hearth knows (at ${where || "its root"}); it cannot be pulled`;
  throw new AppError("download_failed", message);
}

type Entry = z.infer<typeof entry>;

function planLayer(
  name: string,
  root: string,
  session: RegistrySession,
  explain: Explain,
  layer: Entry,
): PlannedFile {
  const [kind = ""] = layer.mediaType.startsWith(layerPrefix)
    ? layer.mediaType.slice(layerPrefix.length).split(";", 1)
    : [];
  const role = Object.hasOwn(layerRoles, kind) ? layerRoles[kind] : undefined;
  if (role) return toFile(role, root, session, explain, layer);
  const message = `${name} has a layer of the type ${JSON.stringify(layer.mediaType)}, which Hearth does not know; it was not pulled`;
  throw new AppError("download_failed", message);
}

function toFile(
  role: LayerRole,
  root: string,
  session: RegistrySession,
  explain: Explain,
  { digest, size }: Entry,
): PlannedFile {
  if (!bigRoles.has(role) && size > maxTextBytes) {
    const message = `the layer ${role} has ${size} bytes and may have ${maxTextBytes}; the model was not pulled`;
    throw new AppError("download_failed", message);
  }
  const path = `${root}/blobs/${digest}`;
  const get = (headers: Readonly<Record<string, string>>, signal: AbortSignal) =>
    session.get(path, headers, signal);
  return { role, digest, key: digest, remote: { label: shortDigest(digest), bytes: size, get, explain } };
}

/** The first digits, as progress lines show them. */
export function shortDigest(digest: string): string {
  return digest.slice("sha256:".length, "sha256:".length + 12);
}

function explainFor(name: string, base: URL): Explain {
  return ({ status }) => {
    if (status === 404) {
      const message = `there is no model ${name} at ${base.host}; check its name and tag`;
      return new AppError("model_not_found", message);
    }
    if (status !== 401 && status !== 403) return undefined;
    const message = `${base.host} does not give ${name} to everybody; check its name, or pull a public model`;
    return new AppError("forbidden", message);
  };
}
