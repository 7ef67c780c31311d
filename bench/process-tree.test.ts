import { expect, test } from "bun:test";
import { killAll, processTree, treeMemoryBytes } from "./process-tree.ts";

const isLinux = process.platform === "linux";

test.skipIf(!isLinux)(
  "a tree holds the children of children, weighs something, and can be ended as a whole",
  async () => {
    const child = Bun.spawn(["sh", "-c", "sleep 60 & echo started; wait"], { stdout: "pipe" });
    await child.stdout.getReader().read();
    const tree = processTree(child.pid);
    expect(tree[0]?.pid).toBe(child.pid);
    expect(tree).toHaveLength(2);
    expect(treeMemoryBytes(child.pid)).toBeGreaterThan(0);
    killAll(tree);
    await child.exited;
    expect(child.signalCode).toBe("SIGKILL");
    expect(processTree(child.pid)).toEqual([]);
  },
);

test.skipIf(!isLinux)("a process that only has the number of an ended one is left alone", async () => {
  const child = Bun.spawn(["sleep", "60"]);
  killAll([{ pid: child.pid, startTicks: "1" }]);
  child.kill("SIGTERM");
  await child.exited;
  expect(child.signalCode).toBe("SIGTERM");
});
