// Holds a blob until it is killed.
import { writeFileSync } from "node:fs";
import { createBlobStore } from "./fs-blob-store.ts";

const [home = "", digest = "", ready = ""] = process.argv.slice(2);
await using _ = await createBlobStore(home).hold([digest]);
writeFileSync(ready, "");
await Bun.sleep(60_000);
