// Holds a lock until it is killed, or takes it many times and writes down when it came in and went out.
import { appendFileSync, writeFileSync } from "node:fs";
import { lockFile } from "./file-lock.ts";

const [path = "", log = "", times] = process.argv.slice(2);
const signal = AbortSignal.timeout(60_000);
if (times === undefined) {
  using _ = await lockFile(path, signal);
  writeFileSync(log, "");
  await Bun.sleep(60_000);
}
for (let i = 0; i < Number(times); i++) {
  using _ = await lockFile(path, signal);
  appendFileSync(log, `${process.pid} ${i} in\n`);
  appendFileSync(log, `${process.pid} ${i} out\n`);
}
