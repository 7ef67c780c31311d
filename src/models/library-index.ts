/** Finds and lists models among all the places that they are in. */
import { AppError } from "../base/index.ts";
import { builtInModel } from "./built-in.ts";
import { type ConfiguredModels, describeBuiltIn } from "./configured-models.ts";
import type { FoundModels } from "./found-models.ts";
import { lookupNames } from "./names/model-name.ts";
import type { StoreDoor } from "./open-store.ts";
import type { ModelRecord } from "./record.ts";
import { linkParts } from "./split-links.ts";

/** A request asks for its model several times over; what another process changes is seen after this long. */
const rememberedMs = 1_000;
const maxRemembered = 1_024;

export type LibraryIndex = {
  find(text: string): Promise<ModelRecord | undefined>;
  /** Sorted by name. */
  list(): Promise<readonly ModelRecord[]>;
  /** The name that the store has it under. Throws model_not_found, or forbidden for a model of somebody else. */
  findStored(text: string): Promise<string>;
  /** Something was changed. */
  forget(): void;
};

export type IndexedPlaces = {
  readonly home: string;
  readonly configured: ConfiguredModels;
  readonly found: FoundModels;
  readonly door: StoreDoor;
};

/** Of two models with one name the configured one counts, then the stored one, then what lies in folders. */
export function createLibraryIndex({ home, configured, found, door }: IndexedPlaces): LibraryIndex {
  const remembered = new Map<string, { readonly record: ModelRecord; readonly atMs: number }>();

  async function find(text: string): Promise<ModelRecord | undefined> {
    const known = remembered.get(text);
    if (known && performance.now() - known.atMs < rememberedMs) return known.record;
    remembered.delete(text);
    for (const name of lookupNames(text)) {
      const record = configured.records.get(name) ?? (await findElsewhere(name));
      if (record) return remember(text, linkParts(record, home));
    }
    return undefined;
  }

  function remember(text: string, record: ModelRecord): ModelRecord {
    if (remembered.size >= maxRemembered) remembered.clear();
    remembered.set(text, { record, atMs: performance.now() });
    return record;
  }

  async function findElsewhere(name: string): Promise<ModelRecord | undefined> {
    if (name === builtInModel) return await describeBuiltIn(home);
    return (await door.read(({ models }) => models.find(name))) ?? (await found.list()).get(name);
  }

  async function list(): Promise<readonly ModelRecord[]> {
    const [builtIn, inFolders, stored = [], used] = await Promise.all([
      describeBuiltIn(home),
      found.list(),
      door.read(({ models }) => models.list()),
      door.read(({ models }) => models.listUses()),
    ]);
    const others = new Map<string, ModelRecord>([[builtInModel, builtIn]]);
    for (const record of [...inFolders.values(), ...configured.records.values()])
      others.set(record.name, record);
    for (const { name } of stored) if (!configured.records.has(name)) others.delete(name);
    return [
      ...stored.filter(({ name }) => !others.has(name)),
      ...Array.from(others.values(), (record) => ({ ...record, ...used?.get(record.name) })),
    ].sort((left, right) => (left.name < right.name ? -1 : 1));
  }

  async function findStored(text: string): Promise<string> {
    for (const name of lookupNames(text)) if (await door.read(({ models }) => models.find(name))) return name;
    const other = await find(text);
    if (!other && door.damage) throw door.damage;
    if (!other) throw new AppError("model_not_found", `there is no model "${text}" here; see hearth ls`);
    throw new AppError("forbidden", `${other.name} is ${describeOwner(other)} and not Hearth's to change`);
  }

  return { find, list, findStored, forget: () => remembered.clear() };
}

function describeOwner({ source, origin }: ModelRecord): string {
  switch (source) {
    case "built-in":
      return "built in";
    case "file":
      return `the file ${origin}`;
    default:
      return `in the cache of ${source}`;
  }
}
