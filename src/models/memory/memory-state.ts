import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { dirname, join } from "node:path";

/** Of the machine, or of the container or service that this process runs in where that has less. */
export type MemoryState = { readonly totalBytes: number; readonly availableBytes: number };

export type MemorySource = {
  totalBytes(): number;
  availableBytes(): number;
  /** Text of a file of the system; undefined where there is none. */
  readText(path: string): string | undefined;
};

type GroupFiles = {
  readonly root: string;
  readonly limit: string;
  readonly used: string;
  /** Line of memory.stat that counts file pages which the kernel gives up at once. */
  readonly reclaimable: string;
};

const groupFilesV1: GroupFiles = {
  root: "/sys/fs/cgroup/memory",
  limit: "memory.limit_in_bytes",
  used: "memory.usage_in_bytes",
  reclaimable: "total_inactive_file",
};
const groupFilesV2: GroupFiles = {
  root: "/sys/fs/cgroup",
  limit: "memory.max",
  used: "memory.current",
  reclaimable: "inactive_file",
};
const ownGroupsPath = "/proc/self/cgroup";
const maxDepth = 64;

/** What is there now. A control group's limit counts, and so do those of the groups around it. */
export function readMemoryState(source: MemorySource = system): MemoryState {
  const machine = { totalBytes: source.totalBytes(), availableBytes: source.availableBytes() };
  return findGroups(source.readText(ownGroupsPath) ?? "")
    .flatMap(({ files, path }) => ancestors(path).map((group) => readGroup(source, files, group)))
    .reduce<MemoryState>(
      (least, group) => ({
        totalBytes: Math.min(least.totalBytes, group?.totalBytes ?? least.totalBytes),
        availableBytes: Math.max(
          0,
          Math.min(least.availableBytes, group?.availableBytes ?? least.availableBytes),
        ),
      }),
      machine,
    );
}

/** Lines are `0::/path` for version 2 and `4:memory:/path` for version 1. */
function findGroups(text: string): readonly { readonly files: GroupFiles; readonly path: string }[] {
  return text.split("\n").flatMap((line) => {
    const [, number, controllers, path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined) return [];
    if (number === "0" && controllers === "") return [{ files: groupFilesV2, path }];
    return controllers?.split(",").includes("memory") ? [{ files: groupFilesV1, path }] : [];
  });
}

function ancestors(path: string): readonly string[] {
  const paths = [path];
  for (let each = path; each !== "/" && paths.length < maxDepth; ) {
    each = dirname(each);
    paths.push(each);
  }
  return paths;
}

function readGroup(source: MemorySource, files: GroupFiles, group: string): MemoryState | undefined {
  const read = (name: string) => source.readText(join(files.root, group, name));
  const limit = toNumber(read(files.limit));
  const used = toNumber(read(files.used));
  if (limit === undefined || used === undefined) return undefined;
  const line = new RegExp(`^${files.reclaimable} (\\d+)$`, "m").exec(read("memory.stat") ?? "");
  return { totalBytes: limit, availableBytes: limit - used + (toNumber(line?.[1]) ?? 0) };
}

/** Undefined for `max` and everything else that is no number. */
function toNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+\s*$/.test(text) ? Number(text) : undefined;
}

const system: MemorySource = {
  totalBytes: totalmem,
  availableBytes: () => process.availableMemory(),
  readText(path) {
    try {
      return readFileSync(path, "latin1");
    } catch {
      return undefined;
    }
  },
};
