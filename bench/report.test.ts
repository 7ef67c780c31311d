import { expect, test } from "bun:test";
import { formatTable, verdict } from "./report.ts";
import { workloads } from "./workloads.ts";

const machine = {
  cpu: "Some CPU",
  cores: 2,
  memoryGiB: 8,
  commit: "abc",
  date: "2026-11-21",
  threads: 2,
  llamaServer: "v1",
};

test("the table compares pair by pair and takes the median of the ratios", () => {
  const workload = workloads.find(({ name }) => name === "memory");
  if (workload === undefined) throw new Error("there is no memory workload");
  const pairs = [
    { hearth: { peakMemoryMiB: 100 }, peer: { peakMemoryMiB: 50 } },
    { hearth: { peakMemoryMiB: 110 }, peer: { peakMemoryMiB: 100 } },
    { hearth: { peakMemoryMiB: 90 }, peer: { peakMemoryMiB: 90 } },
  ];
  const row = formatTable(machine, [{ workload, pairs, otherLoad: 0 }])
    .split("\n")
    .at(-1);
  expect(row).toEndWith("| peak PSS, MiB | 100 | 90.0 | 1.10 | 1.00 to 2.00 | <= 1.15 | reached |");
});

test("a difference in milliseconds is held against the bound of its kind", () => {
  const target = { compare: "difference", bound: "at-most", value: 60 } as const;
  expect([verdict(60, target), verdict(61, target), verdict(Number.NaN, target)]).toEqual([
    "reached",
    "missed",
    "not measured",
  ]);
});
