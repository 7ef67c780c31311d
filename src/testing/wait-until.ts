import { readFileSync } from "node:fs";

const pollIntervalMs = 5;
const waitLimitMs = 20_000;

/** Resolves once the condition holds; rejects with `what` when it does not within the limit. */
export async function waitUntil(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + waitLimitMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${waitLimitMs} ms in vain until ${what}`);
    await Bun.sleep(pollIntervalMs);
  }
}

/** Whether a process runs; one that has ended but was not reaped counts as ended. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
  } catch {
    return process.platform !== "linux";
  }
}

/** Clock ticks, hundredths of a second, of the processor that a process has had in its own code; Linux alone tells. */
export function readCpuTicks(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/stat`, "latin1").split(" ")[13]);
}
