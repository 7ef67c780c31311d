import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { nameFile } from "../names/model-name.ts";
import type { ModelRecord } from "../record.ts";
import { groupModels, isModelFileName } from "./gguf-groups.ts";
import type { HeaderReader } from "./header-notes.ts";
import { findHubModels } from "./hugging-face-models.ts";
import { readSmallText } from "./read-text.ts";
import { nameOr, toRecord } from "./records.ts";
import { type FoundFile, findFiles, type Scan } from "./scan.ts";

const maxManifests = 1_000;
const maxManifestBytes = 2 ** 20;
const manifestPattern = /^manifest=([\w.-]+)=([\w.-]+)=([\w.-]+)\.json$/;

type Origin = { readonly reference: string; readonly projector?: string };

/**
 * Models of llama.cpp's own cache: files in one folder, which `manifest=org=repo=tag.json` files tell the origin of.
 * Later versions keep the layout of the Hugging Face hub there.
 */
export async function findLlamaCppModels(
  scan: Scan,
  headers: HeaderReader,
  root: string,
): Promise<ModelRecord[]> {
  const files = await findFiles(scan, root, { maxDepth: 0, isWanted: isModelFileName });
  const origins = await readOrigins(root);
  const models = await groupModels(scan, headers, files, { isRepository: false });
  const projectors = new Map(files.map((file): [string, FoundFile] => [file.name, file]));
  const records = models.map(({ file, layers, summary }) => {
    const origin = origins.get(file.name);
    const projector = projectors.get(origin?.projector ?? "");
    const own = layers.filter(({ role }) => role !== "projector" || projector === undefined);
    return toRecord({
      name: origin === undefined ? nameFile(file.path) : nameOr(origin.reference, file.path),
      source: "llama.cpp",
      origin: origin?.reference ?? file.path,
      layers: projector ? [...own, { role: "projector", path: projector.path, bytes: projector.bytes }] : own,
      summary,
      modifiedAtMs: file.modifiedAtMs,
    });
  });
  const inHub = await findHubModels(scan, headers, root);
  return [...records, ...inHub.map((record): ModelRecord => ({ ...record, source: "llama.cpp" }))];
}

/** What the manifests say of files in the cache, by the names of these. */
async function readOrigins(root: string): Promise<ReadonlyMap<string, Origin>> {
  const origins = new Map<string, Origin>();
  const names = await readdir(root).catch((): string[] => []);
  for (const name of names.filter((each) => manifestPattern.test(each)).slice(0, maxManifests)) {
    const [, organisation = "", repository = "", tag = ""] = manifestPattern.exec(name) ?? [];
    const manifest = parseManifest(readSmallText(join(root, name), maxManifestBytes) ?? "");
    const cached = (file: string) => `${organisation}_${repository}_${file}`.replaceAll("/", "_");
    if (manifest.model === undefined) continue;
    origins.set(cached(manifest.model), {
      reference: `hf.co/${organisation}/${repository}:${tag}`,
      ...(manifest.projector !== undefined && { projector: cached(manifest.projector) }),
    });
  }
  return origins;
}

function parseManifest(text: string): { readonly model?: string; readonly projector?: string } {
  try {
    const manifest: unknown = JSON.parse(text);
    const model = fileNameIn(manifest, "ggufFile");
    const projector = fileNameIn(manifest, "mmprojFile");
    return { ...(model !== undefined && { model }), ...(projector !== undefined && { projector }) };
  } catch {
    return {};
  }
}

function fileNameIn(manifest: unknown, key: "ggufFile" | "mmprojFile"): string | undefined {
  if (typeof manifest !== "object" || manifest === null) return undefined;
  const file: unknown = Reflect.get(manifest, key);
  const name: unknown =
    typeof file === "object" && file !== null ? Reflect.get(file, "rfilename") : undefined;
  return typeof name === "string" ? name : undefined;
}
