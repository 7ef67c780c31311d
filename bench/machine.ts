/** What a table of figures has to say about where they come from. */
import { cpus, totalmem } from "node:os";
import { join } from "node:path";

export type Machine = {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly commit: string;
  readonly date: string;
};

export async function describeMachine(): Promise<Machine> {
  const commit = await Bun.$`git rev-parse --short HEAD`
    .cwd(join(import.meta.dir, ".."))
    .nothrow()
    .quiet()
    .text();
  const changes = await Bun.$`git status --porcelain`
    .cwd(join(import.meta.dir, ".."))
    .nothrow()
    .quiet()
    .text();
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    commit: `${commit.trim() || "unknown"}${changes.trim() === "" ? "" : " with changes"}`,
    date: new Date().toISOString().slice(0, 10),
  };
}

const IDLE_WINDOW_MS = 300;

/** The share of all cores that is busy while nothing of ours runs: figures from a busy machine mean little. */
export async function measureOtherLoad(): Promise<number> {
  const before = cpuTimes();
  await Bun.sleep(IDLE_WINDOW_MS);
  const after = cpuTimes();
  return (after.busy - before.busy) / Math.max(1, after.total - before.total);
}

function cpuTimes(): { readonly busy: number; readonly total: number } {
  let total = 0;
  let idle = 0;
  for (const { times } of cpus()) {
    total += times.user + times.nice + times.sys + times.idle + times.irq;
    idle += times.idle;
  }
  return { busy: total - idle, total };
}
