import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { nextTurn } from "../../base/index.ts";
import type { Database } from "../../store/index.ts";

/** Contents younger than this may be of an upload that another process is about to note. */
export const strayAfterMs = 600_000;
/** Names of one statement. */
const namesAtOnce = 500;
/** A content, or the beginning of one; nothing else in the folder is touched. */
const contentName = /^(file-[0-9a-f]{24})(\..+\.part)?$/;

type StrayOptions = {
  database(): Promise<Database>;
  readonly folder: string;
  readonly now: () => number;
};

/** Deletes contents that no file is noted for: a process that was killed between the two leaves them. */
export async function removeStrayContents({ database, folder, now }: StrayOptions): Promise<number> {
  const { kysely } = await database();
  const named = (await readdir(folder)).flatMap((name) => {
    const [, id, part] = contentName.exec(name) ?? [];
    return id === undefined ? [] : [{ name, id, isPart: part !== undefined }];
  });
  let removed = 0;
  for (let start = 0; start < named.length; start += namesAtOnce) {
    const some = named.slice(start, start + namesAtOnce);
    const ids = some.map(({ id }) => id);
    const rows = await kysely.selectFrom("file").select("id").where("id", "in", ids).execute();
    const known = new Set(rows.map(({ id }) => id));
    for (const { name, id, isPart } of some) {
      if (known.has(id) && !isPart) continue;
      const path = join(folder, name);
      const found = await stat(path).catch(() => undefined);
      if (!found || now() - found.mtimeMs < strayAfterMs) continue;
      await rm(path, { force: true });
      removed += 1;
    }
    await nextTurn();
  }
  return removed;
}
