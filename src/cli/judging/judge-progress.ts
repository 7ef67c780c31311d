import type { SuiteProgress } from "../../judges/index.ts";
import type { CliOutput } from "../io.ts";
import { oneLine } from "../table.ts";
import { cutToWidth } from "../transfer.ts";

const redrawMs = 100;
const defaultColumns = 80;
/** A line in a log for each of these steps. */
const logStepPercent = 10;

export type JudgeProgress = Disposable & { readonly show: (progress: SuiteProgress) => void };

/** One line that is redrawn on a terminal, lines for a log elsewhere. */
export function createJudgeProgress(output: CliOutput, nowMs = () => performance.now()): JudgeProgress {
  return output.isTTY === true ? createLine(output, nowMs) : createLog(output);
}

function createLine(output: CliOutput, nowMs: () => number): JudgeProgress {
  let drawnMs = Number.NEGATIVE_INFINITY;
  return {
    show(progress) {
      if (nowMs() - drawnMs < redrawMs && progress.done < progress.total) return;
      drawnMs = nowMs();
      const text = oneLine(`${describe(progress)}${progress.latest ? `, ${progress.latest.case}` : ""}`);
      output.write(`\r${cutToWidth(text, (output.columns || defaultColumns) - 1)}\x1b[K`);
    },
    [Symbol.dispose]: () => void output.write("\r\x1b[K"),
  };
}

function createLog(output: CliOutput): JudgeProgress {
  let told: { readonly run: string; readonly step: number } | undefined;
  return {
    show(progress) {
      const { runId: run, done, total } = progress;
      const step = Math.floor(((done / total) * 100) / logStepPercent);
      if (!told || told.run !== run) output.write(`${oneLine(progress.model || "stored answers")}: ${run}\n`);
      else if (step <= told.step) return;
      told = { run, step };
      if (done > 0) output.write(`${oneLine(describe(progress))}\n`);
    },
    [Symbol.dispose]: () => {},
  };
}

function describe({ model, done, total, passed, failed }: SuiteProgress): string {
  return `${model === "" ? "judged" : model}: ${done} of ${total}, ${passed} passed, ${failed} failed`;
}
