import type { Machine } from "./machine.ts";
import { median } from "./statistics.ts";
import type { Measurement, Metric, Target, Workload } from "./workloads.ts";

export type PairedResult = {
  readonly workload: Workload;
  /** The largest share of the machine that other programs took just before a run. */
  readonly otherLoad: number;
  readonly pairs: readonly { readonly hearth?: Measurement; readonly peer: Measurement }[];
};

const metricLabels: Readonly<Record<Metric, string>> = {
  tokensPerSecond: "output tok/s",
  timeToFirstTokenMs: "TTFT p50, ms",
  endToEndMs: "end to end p50, ms",
  evaluatedPerNewToken: "tokens evaluated / new",
  readyMs: "ready, ms",
  peakMemoryMiB: "peak PSS, MiB",
};

/** A Markdown table: medians of either server, and the median over the pairs of what the target is about. */
export function formatTable(
  machine: Machine & { readonly threads: number; readonly llamaServer: string },
  results: readonly PairedResult[],
): string {
  const lines = [
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB; ${machine.threads} threads each; commit ${machine.commit}; ${machine.date}`,
    `llama-server: ${machine.llamaServer}`,
    `medians of ${results[0]?.pairs.length ?? 0} pairs in alternating order; other programs took up to ${formatPercent(results)} of the cores before a run`,
    "",
    "| workload | figure | Hearth | llama-server | compared | range | target | |",
    "|---|---|---|---|---|---|---|---|",
    ...results.flatMap(formatRows),
  ];
  return lines.join("\n");
}

function formatPercent(results: readonly PairedResult[]): string {
  return `${Math.round(100 * Math.max(0, ...results.map(({ otherLoad }) => otherLoad)))} %`;
}

function formatRows({ workload, pairs }: PairedResult): string[] {
  const metrics = Object.keys(pairs[0]?.peer ?? {}) as Metric[];
  return metrics.map((metric) => {
    const target = workload.targets[metric];
    const peer = pairs.map((pair) => pair.peer[metric] ?? Number.NaN);
    const hearth = pairs.map((pair) => pair.hearth?.[metric] ?? Number.NaN);
    const compared = hearth.map((own, pair) => compare(own, peer[pair] ?? Number.NaN, target));
    const cells = [
      workload.title,
      metricLabels[metric],
      formatNumber(median(hearth)),
      formatNumber(median(peer)),
      formatComparison(median(compared), target),
      `${formatComparison(Math.min(...compared), target)} to ${formatComparison(Math.max(...compared), target)}`,
      target === undefined
        ? ""
        : `${target.bound === "at-least" ? ">=" : "<="} ${formatComparison(target.value, target)}`,
      target === undefined ? "" : verdict(median(compared), target),
    ];
    return `| ${cells.join(" | ")} |`;
  });
}

function compare(hearth: number, peer: number, target: Target | undefined): number {
  switch (target?.compare) {
    case "difference":
      return hearth - peer;
    case "none":
      return hearth;
    default:
      return hearth / peer;
  }
}

/** Whether the figure keeps within the bound. */
export function verdict(value: number, target: Target): "reached" | "missed" | "not measured" {
  if (Number.isNaN(value)) return "not measured";
  const isReached = target.bound === "at-least" ? value >= target.value : value <= target.value;
  return isReached ? "reached" : "missed";
}

function formatNumber(value: number): string {
  if (Number.isNaN(value)) return "-";
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

function formatComparison(value: number, target: Target | undefined): string {
  if (Number.isNaN(value)) return "-";
  return target?.compare === "difference"
    ? `${value >= 0 ? "+" : "-"}${Math.abs(value).toFixed(0)} ms`
    : value.toFixed(2);
}
