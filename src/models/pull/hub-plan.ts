import { createHash } from "node:crypto";
import { z } from "zod";
import { AppError } from "../../base/index.ts";
import { formatReference, type HubReference } from "../names/model-reference.ts";
import type { LayerRole } from "../record.ts";
import type { Timing } from "./backoff.ts";
import { chooseFiles, type HubFile } from "./choose-files.ts";
import { fetchDocument } from "./fetch-document.ts";
import type { Credential, HttpClient } from "./http-client.ts";
import { maxBlobBytes, maxListingPageBytes, maxListingPages, maxTextBytes } from "./limits.ts";
import type { Explain, PlannedFile, PullPlan } from "./pull-plan.ts";

export type HuggingFaceOptions = {
  /** Such as https://huggingface.co */
  readonly endpoint: string;
  readonly token?: string;
};

export type HubPlanOptions = {
  readonly client: HttpClient;
  readonly timing: Timing;
  readonly huggingFace: HuggingFaceOptions;
  readonly signal: AbortSignal;
};

const maxPathChars = 1024;
/** Files with which a repository overrides what its model says, as `ollama run hf.co/…` reads them. */
const settingFiles: Readonly<Record<string, LayerRole>> = {
  template: "template",
  system: "system",
  params: "parameters",
};

const revisionShape = z.object({ sha: z.string().regex(/^[0-9a-f]{40}$/) });
const listingShape = z.array(
  z.object({
    type: z.string(),
    path: z.string().max(maxPathChars),
    size: z.int().min(0).max(maxBlobBytes).optional(),
    oid: z.string().max(128).optional(),
    lfs: z
      .object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().min(0).max(maxBlobBytes) })
      .nullish(),
  }),
);

/**
 * Finds the files of a model of Hugging Face. The revision is pinned to its commit first, so that all files are of one
 * state. Large files bring their SHA-256; the length alone is checked of a small one without.
 */
export async function planHubPull(reference: HubReference, options: HubPlanOptions): Promise<PullPlan> {
  const { organisation, repository } = reference;
  const hub = openHub(`${organisation}/${repository}`, formatReference(reference), options);
  const commit = await hub.findCommit(reference.revision);
  const files = await hub.listFiles(commit);
  const chosen = chooseFiles(`${organisation}/${repository}`, files, reference.choice);
  const settings = files.flatMap((file) => {
    const role = Object.hasOwn(settingFiles, file.path) ? settingFiles[file.path] : undefined;
    return role && file.bytes > 0 && file.bytes <= maxTextBytes ? [hub.plan(role, commit, file)] : [];
  });
  const projector = chosen.projector ? [hub.plan("projector", commit, chosen.projector)] : [];
  const planned = [...chosen.model.map((file) => hub.plan("model", commit, file)), ...projector, ...settings];
  const unhashed = [...chosen.model, ...(chosen.projector ? [chosen.projector] : [])].filter(
    (file) => !file.sha256,
  );
  return {
    files: planned,
    origin: formatReference({ ...reference, revision: commit }),
    notes: unhashed.map(({ path }) => `${path}: no digest at the source, only its length can be checked`),
  };
}

type Hub = {
  findCommit(revision: string): Promise<string>;
  listFiles(commit: string): Promise<readonly HubFile[]>;
  plan(role: LayerRole, commit: string, file: HubFile): PlannedFile;
};

function openHub(
  repository: string,
  name: string,
  { client, timing, huggingFace, signal }: HubPlanOptions,
): Hub {
  const { endpoint, token } = huggingFace;
  const base = new URL(endpoint.endsWith("/") ? endpoint : `${endpoint}/`);
  const credential: Credential | undefined =
    token === undefined ? undefined : { origin: base.origin, authorization: `Bearer ${token}` };
  const explain = explainFor(name, repository, base, token !== undefined);

  function fetchJson(label: string, url: URL) {
    const get = (attempt: AbortSignal) => client.get(url, { credential, signal: attempt });
    return fetchDocument({ label, maxBytes: maxListingPageBytes, get, explain }, timing, signal);
  }

  return {
    async findCommit(revision) {
      const url = new URL(`api/models/${repository}/revision/${revision}`, base);
      const { content } = await fetchJson(`the description of ${name}`, url);
      return readShape(revisionShape, content, name).sha;
    },
    async listFiles(commit) {
      const files: HubFile[] = [];
      let url: URL | undefined = new URL(`api/models/${repository}/tree/${commit}?recursive=true`, base);
      for (let page = 0; url; page += 1) {
        if (page >= maxListingPages) throw tooLong(name);
        const { content, headers } = await fetchJson(`the list of files of ${name}`, url);
        for (const entry of readShape(listingShape, content, name)) {
          if (entry.type === "file") files.push(toHubFile(entry));
        }
        url = nextPage(headers, url);
      }
      return files;
    },
    plan(role, commit, file) {
      const path = file.path.split("/").map(encodeURIComponent).join("/");
      const url = new URL(`${repository}/resolve/${commit}/${path}`, base);
      const digest = file.sha256 === undefined ? undefined : `sha256:${file.sha256}`;
      return {
        role,
        ...(digest === undefined ? {} : { digest }),
        key: digest ?? keyOf(url, file),
        remote: {
          label: file.path,
          bytes: file.bytes,
          explain,
          get: (headers, attempt) => client.get(url, { headers, credential, signal: attempt }),
        },
      };
    },
  };
}

function toHubFile(entry: z.infer<typeof listingShape>[number]): HubFile {
  const { path, lfs, oid = "" } = entry;
  const bytes = lfs?.size ?? entry.size ?? 0;
  return { path, bytes, oid, ...(lfs ? { sha256: lfs.oid } : {}) };
}

/** For a file without a digest: its commit, path and Git hash name its bytes. */
function keyOf(url: URL, { oid, bytes }: HubFile): string {
  return `sha256:${createHash("sha256").update(`${url.href} ${oid} ${bytes}`).digest("hex")}`;
}

/** The next page, if it is at the same place: a list does not lead elsewhere. */
function nextPage(headers: Headers, from: URL): URL | undefined {
  const [, link = ""] = /<([^>]{1,2048})>\s*;\s*rel="next"/.exec(headers.get("link") ?? "") ?? [];
  const next = link === "" ? null : URL.parse(link, from.href);
  return next && next.origin === from.origin && next.pathname === from.pathname ? next : undefined;
}

function readShape<T>(shape: z.ZodType<T>, content: unknown, name: string): T {
  const parsed = shape.safeParse(content);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join(".") ?? "";
  const message = `the answer about ${name} is not what Hugging Face sends (at ${where || "its root"}); check HF_ENDPOINT`;
  throw new AppError("download_failed", message);
}

function tooLong(name: string): AppError {
  const message = `${name} has more than ${maxListingPages} pages of files; name one, as in hf.co/org/repo/file.gguf`;
  return new AppError("download_failed", message);
}

function explainFor(name: string, repository: string, base: URL, hasToken: boolean): Explain {
  return ({ status, headers }) => {
    const reason = headers.get("x-error-code") ?? "";
    if (reason === "GatedRepo" || (status === 403 && reason === "")) {
      const licence = `accept its licence at ${new URL(repository, base).href}`;
      const token = hasToken ? "and check that HF_TOKEN belongs to that account" : "and set HF_TOKEN";
      return new AppError("forbidden", `${name} is given only to those who agree: ${licence} ${token}`);
    }
    if (status === 401 || status === 403) {
      const token = hasToken ? "check HF_TOKEN" : "set HF_TOKEN if it is private";
      return new AppError("forbidden", `${base.host} does not show ${name}: check its name, and ${token}`);
    }
    if (status !== 404) return undefined;
    const what =
      reason === "RevisionNotFound"
        ? "such revision"
        : reason === "EntryNotFound"
          ? "such file"
          : "repository";
    return new AppError("model_not_found", `${base.host} has no ${what} for ${name}; check its spelling`);
  };
}
