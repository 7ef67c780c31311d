import { realpathSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import type { ModelRecord } from "../record.ts";
import { type GroupedModel, groupModels, isModelFileName } from "./gguf-groups.ts";
import type { HeaderReader } from "./header-notes.ts";
import { findQuantisation } from "./quantisation.ts";
import { readSmallText } from "./read-text.ts";
import { nameOr, toRecord } from "./records.ts";
import { findFiles, reasonOf, type Scan } from "./scan.ts";

const maxRepositories = 10_000;
const maxSnapshotDepth = 4;
const maxReferenceBytes = 200;
const repositoryPattern = /^models--(\w[\w.-]*?)--(\w[\w.-]*)$/;

/** Models of the Hugging Face hub cache: `models--org--repo/snapshots/<revision>/…gguf`, as `refs/main` points, or the latest. */
export async function findHubModels(scan: Scan, headers: HeaderReader, root: string): Promise<ModelRecord[]> {
  const records: ModelRecord[] = [];
  for (const name of await listRepositories(scan, root)) {
    const [, organisation = "", repository = ""] = repositoryPattern.exec(name) ?? [];
    const folder = join(root, name);
    const snapshot = findSnapshot(folder, await listFolder(scan, join(folder, "snapshots")));
    if (snapshot === undefined) continue;
    const files = await findFiles(scan, snapshot, { maxDepth: maxSnapshotDepth, isWanted: isModelFileName });
    const models = await groupModels(scan, headers, files, { isRepository: true });
    records.push(...nameRepository(`hf.co/${organisation}/${repository}`, snapshot, models, "hugging-face"));
  }
  return records;
}

/** Records of a repository's models, called by their quantisation, or by their file where two have the same. */
export function nameRepository(
  repository: string,
  root: string,
  models: readonly GroupedModel[],
  source: "hugging-face" | "lm-studio",
): ModelRecord[] {
  const names = new Set<string>();
  return models.map((model) => {
    const { stem, file, summary, layers } = model;
    const quantisation = findQuantisation(stem) ?? summary.quantisation;
    const short = nameOr(`${repository}:${quantisation}`, file.path);
    const long = () => nameOr(`${repository}/${relative(root, file.path)}`, file.path);
    const name = names.has(short) ? long() : short;
    names.add(name);
    return toRecord({
      name,
      source,
      origin: source === "hugging-face" ? name : file.path,
      layers: layers.map((layer) => ({ ...layer, ...findDigest(layer.path) })),
      summary,
      modifiedAtMs: file.modifiedAtMs,
    });
  });
}

/** Large files of the hub cache are links to blobs that are named by their SHA-256. */
function findDigest(path: string): { readonly digest?: string } {
  try {
    const target = realpathSync(path);
    const name = basename(target);
    if (basename(dirname(target)) === "blobs" && /^[\da-f]{64}$/.test(name))
      return { digest: `sha256:${name}` };
  } catch {
    return {};
  }
  return {};
}

async function listRepositories(scan: Scan, root: string): Promise<string[]> {
  const names = (await listFolder(scan, root)).filter((name) => repositoryPattern.test(name)).sort();
  if (names.length > maxRepositories)
    scan.report(root, `only ${maxRepositories} repositories were looked at`);
  return names.slice(0, maxRepositories);
}

async function listFolder(scan: Scan, folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const isAbsent =
      error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
    if (!isAbsent) scan.report(folder, reasonOf(error));
    return [];
  }
}

/**
 * The folder of the revision that `refs/main` names, or the only one. A download of another revision than main writes no
 * `refs/main`: without it the latest counts.
 */
function findSnapshot(repository: string, snapshots: readonly string[]): string | undefined {
  const main = readSmallText(join(repository, "refs", "main"), maxReferenceBytes)?.trim();
  const paths = snapshots.map((name) => join(repository, "snapshots", name));
  if (main === undefined) return findLatestFolder(paths);
  return paths[snapshots.indexOf(main)] ?? (paths.length === 1 ? paths[0] : undefined);
}

function findLatestFolder(paths: readonly string[]): string | undefined {
  const folders = paths.flatMap((path) => {
    const modifiedAtMs = findFolderTime(path);
    return modifiedAtMs === undefined ? [] : [{ path, modifiedAtMs }];
  });
  return folders.sort((left, right) => right.modifiedAtMs - left.modifiedAtMs)[0]?.path;
}

function findFolderTime(path: string): number | undefined {
  try {
    const status = statSync(path);
    return status.isDirectory() ? status.mtimeMs : undefined;
  } catch {
    return undefined;
  }
}
