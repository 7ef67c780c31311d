import { readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AppError, createId, ensureOwnFolder, hashText } from "../../base/index.ts";
import type { JsonObject } from "../../contract/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import type { DatasetExport, DatasetOptions } from "./dataset.ts";
import type { DatasetRequest } from "./export-request.ts";
import { toManifest } from "./manifest.ts";
import { manifestName } from "./write-dataset.ts";

/** Of one tenant; beyond them one has to be removed first, for nothing else removes training data. */
export const maxStoredDatasets = 20;
const folderName = "datasets";
const idPattern = /^dataset-[0-9a-f]{24}$/;
const filePattern = /^(?:train|validation)-\d{4}\.jsonl$/;
const tenantCharacters = 32;
/** Of an id that nobody knows, in the error about it. */
const maxShownCharacters = 100;

/** Exports that are kept beside the database, for clients that see no folder of this machine. */
export type StoredDatasets = {
  /** Exports the tenant's interactions. `id` is null where there was nothing to export. Throws as `Dataset.export` does. */
  create(
    request: Partial<DatasetRequest>,
    options: DatasetOptions,
  ): Promise<{ readonly id: string | null; readonly manifest: JsonObject }>;
  /** The manifest. Throws AppError not_found, as do the two below. */
  get(id: string): Promise<JsonObject>;
  /** Path of one of its files of rows. */
  locate(id: string, name: string): Promise<string>;
  remove(id: string): Promise<void>;
};

type Deps = Pick<CoordinatorDeps, "database"> & { readonly export: DatasetExport };

/** Those of one tenant: they stand in a folder of their own, so that no id leads into another's. */
export function createStoredDatasets(deps: Deps, tenant: string): StoredDatasets {
  const own = hashText(tenant).slice(0, tenantCharacters);
  const locateOwn = async () => join(dirname((await deps.database()).path), folderName, own);
  async function find(id: string): Promise<string> {
    const path = join(await locateOwn(), id);
    if (idPattern.test(id) && (await exists(join(path, manifestName)))) return path;
    const shown = id.slice(0, maxShownCharacters);
    throw new AppError("not_found", `there is no data set "${shown}"; POST /v1/datasets makes one`);
  }
  return {
    async create(request, options) {
      const parent = await locateOwn();
      for (const folder of [dirname(parent), parent]) ensureOwnFolder(folder);
      await requireRoom(parent);
      const id = createId("dataset");
      const report = await deps.export({ ...request, tenant, folder: join(parent, id) }, options);
      return { id: report.files.length > 0 ? id : null, manifest: toManifest(report) };
    },
    get: async (id) => JSON.parse(await readFile(join(await find(id), manifestName), "utf8")) as JsonObject,
    async locate(id, name) {
      const path = join(await find(id), name);
      if (filePattern.test(name) && (await exists(path))) return path;
      const shown = name.slice(0, maxShownCharacters);
      throw new AppError("not_found", `the data set ${id} has no file "${shown}"; its manifest lists them`);
    },
    remove: async (id) => await rm(await find(id), { recursive: true }),
  };
}

async function requireRoom(parent: string): Promise<void> {
  const ids = (await readdir(parent)).filter((name) => idPattern.test(name));
  if (ids.length < maxStoredDatasets) return;
  const times = await Promise.all(
    ids.map(async (id) => ({ id, ms: (await stat(join(parent, id))).mtimeMs })),
  );
  const [oldest] = times.sort((left, right) => left.ms - right.ms);
  const message = `${ids.length} data sets are kept already; remove one first, such as DELETE /v1/datasets/${oldest?.id}`;
  throw new AppError("conflict", message);
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
