// Opens a database and adds a row; with --stay it waits inside the transaction to be killed.
import { openDatabase } from "./database.ts";

const [path = "", name = "", stay] = process.argv.slice(2);
const database = await openDatabase(path);
await database.kysely.transaction().execute(async (transaction) => {
  await transaction.insertInto("model_use").values({ name, uses: 1, last_used_at_ms: 1 }).execute();
  if (stay === undefined) return;
  process.stdout.write("in\n");
  await Bun.sleep(60_000);
});
await database.close();
