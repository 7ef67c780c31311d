import { sql } from "kysely";
import type { Database } from "../../store/index.ts";
import { PluginFailure } from "../failure.ts";
import { checkKey } from "../kv-key.ts";

const maxListedKeys = 10_000;

/** What a plugin keeps between calls; each sees its own alone. */
export type KvStore = {
  get(plugin: string, key: string): Promise<Uint8Array | undefined>;
  /** Throws PluginFailure kv_limit where all keys and values of the plugin would take more than `maxBytes`. */
  set(plugin: string, key: string, value: Uint8Array, maxBytes: number): Promise<void>;
  delete(plugin: string, key: string): Promise<void>;
  /** Keys that begin with the prefix, in order. Throws PluginFailure kv_limit where there are too many to tell. */
  list(plugin: string, prefix: string): Promise<readonly string[]>;
  /** Forgets all of a plugin that was removed. */
  clear(plugin: string): Promise<void>;
};

export function createKvStore(open: () => Promise<Database>): KvStore {
  return {
    async get(plugin, key) {
      const { kysely } = await open();
      const row = await kysely
        .selectFrom("plugin_kv")
        .select("value")
        .where("plugin", "=", plugin)
        .where("key", "=", key)
        .executeTakeFirst();
      return row?.value;
    },
    async set(plugin, key, value, maxBytes) {
      checkKey(key);
      const keyBytes = Buffer.byteLength(key);
      const { kysely } = await open();
      await kysely.transaction().execute(async (transaction) => {
        const others = await transaction
          .selectFrom("plugin_kv")
          .select(sql<number>`coalesce(sum(length(value) + octet_length(key)), 0)`.as("bytes"))
          .where("plugin", "=", plugin)
          .where("key", "!=", key)
          .executeTakeFirstOrThrow();
        if (others.bytes + keyBytes + value.byteLength > maxBytes) {
          throw new PluginFailure("kv_limit", `it stored more than ${maxBytes} bytes`);
        }
        await transaction.replaceInto("plugin_kv").values({ plugin, key, value }).execute();
      });
    },
    async delete(plugin, key) {
      const { kysely } = await open();
      await kysely.deleteFrom("plugin_kv").where("plugin", "=", plugin).where("key", "=", key).execute();
    },
    async list(plugin, prefix) {
      const { kysely } = await open();
      const rows = await kysely
        .selectFrom("plugin_kv")
        .select("key")
        .where("plugin", "=", plugin)
        .where(sql<boolean>`substr(key, 1, ${[...prefix].length}) = ${prefix}`)
        .orderBy("key")
        .limit(maxListedKeys + 1)
        .execute();
      if (rows.length > maxListedKeys) {
        throw new PluginFailure(
          "kv_limit",
          `it has more than ${maxListedKeys} keys of this prefix; ask for a longer one`,
        );
      }
      return rows.map(({ key }) => key);
    },
    async clear(plugin) {
      const { kysely } = await open();
      await kysely.deleteFrom("plugin_kv").where("plugin", "=", plugin).execute();
    },
  };
}
