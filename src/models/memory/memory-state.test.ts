import { describe, expect, test } from "bun:test";
import { memoryBudget } from "./memory-budget.ts";
import { type MemorySource, readMemoryState } from "./memory-state.ts";

const gib = 2 ** 30;
const mib = 2 ** 20;

function createSource(files: Readonly<Record<string, string>>): MemorySource {
  return {
    totalBytes: () => 16 * gib,
    availableBytes: () => 10 * gib,
    readText: (path) => files[path],
  };
}

describe("readMemoryState", () => {
  test("is that of the machine where no control group limits it", () => {
    const whole = { totalBytes: 16 * gib, availableBytes: 10 * gib };
    expect(readMemoryState(createSource({}))).toEqual(whole);
    expect(
      readMemoryState(
        createSource({
          "/proc/self/cgroup": "0::/user.slice\n",
          "/sys/fs/cgroup/user.slice/memory.max": "max\n",
          "/sys/fs/cgroup/user.slice/memory.current": `${gib}\n`,
        }),
      ),
    ).toEqual(whole);
  });

  test("counts what a container of version 2 has left, file pages that it can give up included", () => {
    const source = createSource({
      "/proc/self/cgroup": "0::/box/server\n",
      "/sys/fs/cgroup/box/memory.max": `${2 * gib}\n`,
      "/sys/fs/cgroup/box/memory.current": `${gib}\n`,
      "/sys/fs/cgroup/box/memory.stat": `anon 1\ninactive_file ${256 * mib}\nactive_file 7\n`,
    });
    expect(readMemoryState(source)).toEqual({ totalBytes: 2 * gib, availableBytes: gib + 256 * mib });
  });

  test("takes the tightest of nested groups of version 1", () => {
    const source = createSource({
      "/proc/self/cgroup": "8:pids:/\n4:memory:/outer/inner\n",
      "/sys/fs/cgroup/memory/outer/memory.limit_in_bytes": `${3 * gib}`,
      "/sys/fs/cgroup/memory/outer/memory.usage_in_bytes": `${4 * gib}`,
      "/sys/fs/cgroup/memory/outer/inner/memory.limit_in_bytes": `${8 * gib}`,
      "/sys/fs/cgroup/memory/outer/inner/memory.usage_in_bytes": `${gib}`,
    });
    expect(readMemoryState(source)).toEqual({ totalBytes: 3 * gib, availableBytes: 0 });
  });

  test("of this machine has something free", () => {
    const { totalBytes, availableBytes } = readMemoryState();
    expect(availableBytes).toBeGreaterThan(0);
    expect(availableBytes).toBeLessThanOrEqual(totalBytes);
  });
});

describe("memoryBudget", () => {
  const budgetMib = (totalBytes: number, availableBytes: number) =>
    memoryBudget(undefined, { totalBytes, availableBytes }) / mib;

  test("is what was configured, whatever is free", () => {
    expect(memoryBudget(512, { totalBytes: gib, availableBytes: 0 })).toBe(512 * mib);
  });

  test("keeps a reserve that suits a small box and a big one", () => {
    expect(budgetMib(gib, 700 * mib)).toBe(444);
    expect(budgetMib(2 * gib, 1_700 * mib)).toBeCloseTo(1_290.4, 3);
    expect(budgetMib(64 * gib, 60 * gib)).toBe(52 * 1_024);
  });

  test("lets the built-in model in where hardly anything is free", () => {
    expect(budgetMib(gib, 100 * mib)).toBe(192);
  });
});
