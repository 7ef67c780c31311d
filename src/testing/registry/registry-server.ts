import { createHash } from "node:crypto";
import { createMisbehaving, type MisbehaviourRule } from "./misbehaviour.ts";
import { type ServedFile, sendFile, sendText } from "./send-file.ts";
import { createSentRanges, type SentRanges } from "./sent-ranges.ts";
import { listenWire, type WireRequest, type WireResponse } from "./wire-server.ts";

export type FixtureLayer = { readonly mediaType: string; readonly bytes: Uint8Array };
export type FixtureFile = {
  readonly bytes: Uint8Array;
  /** Without one in the listing, as for small files that are not in LFS. */
  readonly isPlain?: boolean;
};

/**
 * A server of models on this machine that speaks the Ollama registry's and Hugging Face's protocols, serves plain
 * files, and misbehaves on demand.
 */
export type RegistryServer = Disposable & {
  readonly url: string;
  readonly requests: readonly WireRequest[];
  readonly sent: SentRanges;
  /** Publishes `namespace/name:tag`; returns the digests of its layers. */
  addModel(name: string, layers: readonly FixtureLayer[]): readonly string[];
  /** Publishes a manifest as it is given. */
  addManifest(name: string, manifest: string): void;
  addRepository(name: string, files: Readonly<Record<string, FixtureFile>>): void;
  /** Serves a file at a path. */
  addFile(path: string, bytes: Uint8Array, options?: { readonly etag?: string }): void;
  misbehave(rule: MisbehaviourRule): void;
  behave(): void;
  /** Answers 401 to whoever does not send this bearer token; `anonymous`: where to get it is said. */
  requireToken(token: string, options?: { readonly anonymous: boolean }): void;
};

const pageEntries = 3;
const commit = "c0ffee".padEnd(40, "0");

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Bytes that repeat nowhere, so that a misplaced piece is noticed. */
export function createBytes(count: number, seed = 1): Uint8Array {
  const words = new Uint32Array(Math.ceil(count / 4));
  let state = seed;
  for (let i = 0; i < words.length; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    words[i] = state;
  }
  return new Uint8Array(words.buffer, 0, count);
}

export function startRegistry(): RegistryServer {
  const files = new Map<string, ServedFile>();
  const texts = new Map<string, string>();
  const listings = new Map<string, readonly object[]>();
  const requests: WireRequest[] = [];
  const sent = createSentRanges();
  const misbehaving = createMisbehaving();
  let guard: { readonly token: string; readonly anonymous: boolean } | undefined;

  const server = listenWire(async (request, response) => {
    requests.push(request);
    if (request.path === "/token")
      return sendText(response, 200, JSON.stringify({ token: guard?.token }), {});
    const how = misbehaving.take(request);
    if (how?.kind === "redirect") {
      return sendText(response, how.status ?? 302, "", { location: how.location });
    }
    if (how?.kind === "status") return sendText(response, how.status, how.body ?? "", how.headers ?? {});
    if (guard && request.headers.get("authorization") !== `Bearer ${guard.token}`) return refuse(response);
    const text = texts.get(request.path);
    const file = files.get(request.path) ?? (text === undefined ? undefined : toFile(request.path, text));
    if (file) return sendFile(request, response, file, { sent, how });
    const listing = listings.get(request.path);
    if (listing) return sendListing(request, response, listing);
    return sendText(response, 404, '{"error":"not found"}', {});
  });

  function refuse(response: WireResponse): Promise<void> {
    const challenge = `Bearer realm="${server.url}/token",service="fixture",scope="repository:pull"`;
    return sendText(response, 401, "{}", guard?.anonymous ? { "www-authenticate": challenge } : {});
  }

  function sendListing(
    request: WireRequest,
    response: WireResponse,
    entries: readonly object[],
  ): Promise<void> {
    const start = Number(/cursor=(\d+)/.exec(request.query)?.[1] ?? 0);
    const next = start + pageEntries;
    const link = `<${server.url}${request.path}?recursive=true&cursor=${next}>; rel="next"`;
    const body = JSON.stringify(entries.slice(start, next));
    return sendText(response, 200, body, next < entries.length ? { link } : {});
  }

  function addBlob(base: string, bytes: Uint8Array): { digest: string; size: number } {
    const digest = digestOf(bytes);
    files.set(`${base}/blobs/${digest}`, { key: digest, bytes });
    return { digest, size: bytes.byteLength };
  }

  return {
    url: server.url,
    requests,
    sent,
    addModel(name, layers) {
      const [model = "", tag = "latest"] = name.split(":");
      const config = addBlob(`/v2/${model}`, Buffer.from('{"model_format":"gguf"}'));
      const entries = layers.map(({ mediaType, bytes }) => ({
        mediaType,
        ...addBlob(`/v2/${model}`, bytes),
      }));
      const manifest = {
        schemaVersion: 2,
        mediaType: "application/vnd.docker.distribution.manifest.v2+json",
        config: { mediaType: "application/vnd.docker.container.image.v1+json", ...config },
        layers: entries,
      };
      texts.set(`/v2/${model}/manifests/${tag}`, JSON.stringify(manifest));
      return entries.map(({ digest }) => digest);
    },
    addManifest(name, manifest) {
      const [model = "", tag = "latest"] = name.split(":");
      texts.set(`/v2/${model}/manifests/${tag}`, manifest);
    },
    addRepository(name, contents) {
      texts.set(`/api/models/${name}/revision/main`, JSON.stringify({ id: name, sha: commit }));
      const entries = Object.entries(contents).map(([path, { bytes, isPlain }]) => {
        const digest = digestOf(bytes);
        files.set(`/${name}/resolve/${commit}/${path}`, { key: digest, bytes, etag: `"${digest.slice(7)}"` });
        const lfs = { oid: digest.slice("sha256:".length), size: bytes.byteLength, pointerSize: 134 };
        const oid = createHash("sha1").update(bytes).digest("hex");
        return { type: "file", oid, size: bytes.byteLength, path, ...(isPlain ? {} : { lfs }) };
      });
      listings.set(`/api/models/${name}/tree/${commit}`, entries);
    },
    addFile: (path, bytes, options = {}) => files.set(path, { key: path, bytes, ...options }),
    misbehave: (rule) => misbehaving.add(rule),
    behave: () => misbehaving.clear(),
    requireToken(token, options = { anonymous: false }) {
      guard = { token, ...options };
    },
    [Symbol.dispose]: () => server[Symbol.dispose](),
  };
}

function toFile(path: string, text: string): ServedFile {
  return { key: path, bytes: Buffer.from(text) };
}
