import { readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { freemem } from "node:os";
import { join } from "node:path";
import { ensureOwnFolder } from "../base/index.ts";

const bytesPerKib = 1024;

/** Facts about this machine that `doctor` judges. */
export type Machine = {
  readonly platform: string;
  freeMemoryBytes(): number;
  /** Free space where the folder is, which is made and tried with a file; throws where it cannot be written. */
  freeDiskBytes(folder: string): number;
  /** Instruction sets that matter for speed. */
  cpuFeatures(): readonly string[];
  /** Throws where the address cannot be listened on. */
  tryListen(host: string, port: number): void;
  /** CPU libraries that child processes of this one have loaded, such as `zen4`. */
  loadedCpuVariants(): readonly string[];
};

const relevantFeatures: ReadonlySet<string> = new Set(
  "sse4_2 avx avx2 fma f16c bmi2 avx_vnni avx512f avx512vl avx512_vnni avx512_bf16 amx_int8 asimd asimddp i8mm sve".split(
    " ",
  ),
);

export const thisMachine: Machine = {
  platform: `${process.platform}-${process.arch}`,
  freeMemoryBytes() {
    const available = /^MemAvailable:\s+(\d+) kB$/m.exec(readText("/proc/meminfo"))?.[1];
    return available === undefined ? freemem() : Number(available) * bytesPerKib;
  },
  freeDiskBytes(folder) {
    ensureOwnFolder(folder);
    const trial = join(folder, `.doctor-${process.pid}`);
    writeFileSync(trial, "");
    rmSync(trial);
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  },
  cpuFeatures() {
    const flags = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readText("/proc/cpuinfo"))?.[1] ?? "";
    return flags.split(/\s+/).filter((flag) => relevantFeatures.has(flag));
  },
  tryListen(hostname, port) {
    Bun.listen({ hostname, port, socket: { data: () => undefined } }).stop(true);
  },
  loadedCpuVariants() {
    const maps = childProcessIds().map((pid) => readText(`/proc/${pid}/maps`));
    const names = maps.flatMap((text) =>
      [...text.matchAll(/libggml-cpu-(\w+)\./g)].map((match) => match[1] ?? ""),
    );
    return [...new Set(names)];
  },
};

function childProcessIds(): readonly string[] {
  try {
    const threads = readdirSync("/proc/self/task");
    return threads.flatMap((thread) =>
      readText(`/proc/self/task/${thread}/children`).split(" ").filter(Boolean),
    );
  } catch {
    return [];
  }
}

/** Empty where the system has no such file. */
function readText(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
