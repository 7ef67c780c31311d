/** Memory and end of a process together with all that it started, by way of /proc. */
import { readdirSync, readFileSync } from "node:fs";

const SAMPLE_INTERVAL_MS = 50;
const KIB = 1024;

/** A process as long as it lives: its number alone may come to mean another one. */
export type ProcessIdentity = { readonly pid: number; readonly startTicks: string };

/** The process and its descendants; a process that ends while being looked at is left out. */
export function processTree(rootPid: number): ProcessIdentity[] {
  const children = new Map<number, ProcessIdentity[]>();
  const tree: ProcessIdentity[] = [];
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    const status = Number.isInteger(pid) ? readStatus(pid) : undefined;
    if (status === undefined) continue;
    const identity = { pid, startTicks: status.startTicks };
    if (pid === rootPid) tree.push(identity);
    children.set(status.parentPid, [...(children.get(status.parentPid) ?? []), identity]);
  }
  for (const { pid } of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** Proportional set size of the whole tree in bytes: a page shared by n processes counts 1/n for each. */
export function treeMemoryBytes(rootPid: number): number {
  let kib = 0;
  for (const { pid } of processTree(rootPid)) {
    kib += Number(/^Pss:\s+(\d+) kB/m.exec(readProcFile(pid, "smaps_rollup") ?? "")?.[1] ?? 0);
  }
  return kib * KIB;
}

/** Samples the tree until disposed of. */
export function watchPeakMemory(rootPid: number): Disposable & { readonly peakBytes: () => number } {
  let peakBytes = 0;
  const sample = (): number => {
    peakBytes = Math.max(peakBytes, treeMemoryBytes(rootPid));
    return peakBytes;
  };
  sample();
  const timer = setInterval(sample, SAMPLE_INTERVAL_MS);
  return { peakBytes: sample, [Symbol.dispose]: () => clearInterval(timer) };
}

/** Kills those of the processes that still run. */
export function killAll(processes: readonly ProcessIdentity[]): void {
  for (const { pid, startTicks } of processes) {
    if (readStatus(pid)?.startTicks === startTicks) process.kill(pid, "SIGKILL");
  }
}

/** Fields 4 and 22 of proc_pid_stat(5), counted from behind the name, which may hold spaces. */
function readStatus(pid: number): { parentPid: number; startTicks: string } | undefined {
  const stat = readProcFile(pid, "stat");
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  const startTicks = fields?.[19];
  return startTicks === undefined ? undefined : { parentPid: Number(fields?.[1]), startTicks };
}

function readProcFile(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return undefined;
  }
}
