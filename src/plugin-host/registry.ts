import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { AppError, createDoor, createId, ensureOwnFolder, writeWhole } from "../base/index.ts";
import { databasePath } from "../config/index.ts";
import type { Database } from "../store/index.ts";
import { PluginFailure } from "./failure.ts";
import { findEmbeddedPlugins } from "./find-embedded.ts";
import { narrowGrants } from "./permissions.ts";
import { type PluginFile, readPluginFile } from "./read-plugin.ts";
import { createKvStore, type KvStore } from "./store/kv-table.ts";
import type { PluginRecord, PluginState } from "./store/plugin-record.ts";
import {
  deletePlugin,
  listPlugins,
  type StoredPlugin,
  savePlugin,
  savePluginState,
} from "./store/plugin-table.ts";

/** Another process, such as `hearth plugin add`, may change what is stored; this long it may go unnoticed. */
const refreshAfterMs = 500;
/** No module is tried for so long. */
const leftAfterMs = 3_600_000;
const stagedPrefix = "staged";
const embeddedSource = "embedded";

/** Which plugins there are: those of the executable and those that were added. */
export type Registry = {
  /** By name. */
  list(): Promise<readonly PluginRecord[]>;
  /** Throws PluginFailure plugin_not_found. */
  get(name: string): Promise<PluginRecord>;
  /** The module of a plugin of the executable. */
  readEmbedded(name: string): Promise<PluginFile | undefined>;
  /** Where the file of an added plugin is, or is to be. */
  pathOf(sha256: string): string;
  /** A module that is to be tried before it is added; its file goes when this is disposed of. */
  stage(bytes: Uint8Array): Disposable & { readonly path: string };
  /** Stores the file and what was decided; the file is on the disk before anything refers to it. */
  save(plugin: StoredPlugin, bytes: Uint8Array | undefined): Promise<void>;
  /** Runs what reads a plugin and then saves it, so that no other change comes between. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** Changes what is remembered of a plugin's failures, one change after the other; undefined where it is gone. */
  changeState(
    name: string,
    change: (before: PluginRecord) => PluginState,
  ): Promise<{ readonly before: PluginRecord; readonly after: PluginState } | undefined>;
  /** Forgets a plugin, and its file where no other plugin is of it; what it stored stays. */
  remove(name: string): Promise<void>;
  readonly kv: KvStore;
  close(): Promise<void>;
};

type Embedded = { readonly file: PluginFile; readonly record: PluginRecord };

export function createRegistry(options: { readonly home: string; readonly now: () => number }): Registry {
  const { home, now } = options;
  const folder = join(home, "plugins");
  /** What is known of embedded plugins that nobody added lasts as long as this process. */
  const unstoredState = new Map<string, PluginState>();
  const door = createDoor(() => openStore(home));
  const { open } = door;
  let embedding: Promise<ReadonlyMap<string, Embedded>> | undefined;
  let known: readonly PluginRecord[] | undefined;
  let checkedAtMs = Number.NEGATIVE_INFINITY;
  let seenVersion = -1;
  let changes = 0;
  let lastChange: Promise<unknown> = Promise.resolve();

  const pathOf = (sha256: string) => join(folder, `sha256-${sha256}.wasm`);

  function embedded(): Promise<ReadonlyMap<string, Embedded>> {
    embedding ??= readAllEmbedded();
    return embedding;
  }
  /** Changes by this process are told by `forget`, those of others by the database's own count. */
  async function refresh(): Promise<readonly PluginRecord[]> {
    if (known && now() - checkedAtMs < refreshAfterMs) return known;
    checkedAtMs = now();
    const asOf = changes;
    const isStored = door.opened !== undefined || existsSync(databasePath(home));
    const version = isStored ? await readVersion(await open()) : 0;
    if (known && version === seenVersion) return known;
    const read = merge(await embedded(), isStored ? await listPlugins((await open()).kysely) : []);
    // What was read while this process changed something may be older than that change.
    if (asOf !== changes) return await refresh();
    seenVersion = version;
    known = read;
    return read;
  }
  function merge(
    inside: ReadonlyMap<string, Embedded>,
    stored: readonly StoredPlugin[],
  ): readonly PluginRecord[] {
    const records = new Map<string, PluginRecord>();
    for (const [name, { record }] of inside) records.set(name, { ...record, ...unstoredState.get(name) });
    for (const plugin of stored) records.set(plugin.name, toRecord(plugin, inside.get(plugin.name), pathOf));
    return [...records.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
  }
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = lastChange.then(work);
    lastChange = done.catch(() => undefined);
    return done;
  }
  async function changeNow(name: string, change: (before: PluginRecord) => PluginState) {
    const before = (await refresh()).find((each) => each.name === name);
    if (!before) return undefined;
    const after = change(before);
    if (after === before) return { before, after };
    if (before.isEmbedded && before.addedAtMs === 0) unstoredState.set(name, after);
    else await savePluginState((await open()).kysely, name, after);
    forget();
    return { before, after };
  }
  /** Removes the file that a plugin had, unless its new version or another plugin is of the same. */
  function dropFile(before: readonly StoredPlugin[], name: string, kept?: string): void {
    const sha256 = before.find((plugin) => plugin.name === name)?.sha256;
    if (sha256 === undefined || sha256 === kept) return;
    const isShared = before.some((plugin) => plugin.name !== name && plugin.sha256 === sha256);
    if (!isShared) rmSync(pathOf(sha256), { force: true });
  }
  function forget(): void {
    changes += 1;
    known = undefined;
    checkedAtMs = Number.NEGATIVE_INFINITY;
  }
  return {
    list: refresh,
    async get(name) {
      const found = (await refresh()).find((record) => record.name === name);
      if (found) return found;
      throw new PluginFailure(
        "plugin_not_found",
        `there is no plugin "${name.slice(0, 100)}"; hearth plugin ls shows those that are here`,
      );
    },
    readEmbedded: async (name) => (await embedded()).get(name)?.file,
    pathOf,
    stage(bytes) {
      for (const each of [home, folder]) ensureOwnFolder(each);
      dropLeftovers(folder, now());
      const path = writeWhole(folder, `${createId(stagedPrefix)}.wasm`, bytes);
      return { path, [Symbol.dispose]: () => rmSync(path, { force: true }) };
    },
    async save(plugin, bytes) {
      if (bytes) {
        for (const path of [home, folder]) ensureOwnFolder(path);
        writeWhole(folder, `sha256-${plugin.sha256}.wasm`, bytes);
      }
      const { kysely } = await open();
      const before = await listPlugins(kysely);
      await savePlugin(kysely, plugin);
      dropFile(before, plugin.name, plugin.sha256);
      forget();
    },
    inTurn,
    changeState: (name, change) => inTurn(() => changeNow(name, change)),
    async remove(name) {
      const { kysely } = await open();
      const before = await listPlugins(kysely);
      const gone = before.find((plugin) => plugin.name === name);
      if (!gone) return;
      await deletePlugin(kysely, name);
      dropFile(before, name);
      forget();
    },
    kv: createKvStore(open),
    async close() {
      await lastChange;
      await (await door.settle())?.close();
    },
  };
}

/** What a process that was killed while it added a plugin has left. */
function dropLeftovers(folder: string, nowMs: number): void {
  for (const name of readdirSync(folder).filter((each) => each.startsWith(`${stagedPrefix}-`))) {
    const path = join(folder, name);
    const modifiedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? nowMs;
    if (nowMs - modifiedMs > leftAfterMs) rmSync(path, { force: true });
  }
}

async function openStore(home: string): Promise<Database> {
  const { openHomeDatabase } = await import("../store/index.ts");
  return await openHomeDatabase(home);
}

async function readVersion({ kysely }: Database): Promise<number> {
  const { rows } = await sql<{ readonly data_version: number }>`pragma data_version`.execute(kysely);
  return rows[0]?.data_version ?? 0;
}

async function readAllEmbedded(): Promise<ReadonlyMap<string, Embedded>> {
  const found = new Map<string, Embedded>();
  for (const { name, path } of await findEmbeddedPlugins()) {
    const file = readPluginFile(await Bun.file(path).bytes(), []);
    const { manifest, sha256 } = file;
    if (!manifest) throw new AppError("server_error", `the embedded plugin ${name} has no manifest`);
    const asks = Object.keys(manifest.permissions).length > 0;
    const record: PluginRecord = {
      ...{ name: manifest.name, manifest, path, sha256, source: embeddedSource, isEmbedded: true },
      ...{ grants: {}, config: {}, limits: {}, isEnabled: !asks, addedAtMs: 0 },
    };
    found.set(manifest.name, { file, record });
  }
  return found;
}

/** An embedded plugin comes with the executable, and is as new as that is; what it may do stays what was granted. */
function toRecord(
  plugin: StoredPlugin,
  inside: Embedded | undefined,
  pathOf: (sha256: string) => string,
): PluginRecord {
  if (plugin.source !== embeddedSource || !inside) {
    return { ...plugin, path: pathOf(plugin.sha256), isEmbedded: false };
  }
  const { manifest, path, sha256 } = inside.record;
  return {
    ...plugin,
    manifest,
    path,
    sha256,
    isEmbedded: true,
    grants: narrowGrants(plugin.grants, manifest),
  };
}
