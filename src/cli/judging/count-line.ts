import type { CliOutput } from "../io.ts";
import { cutToWidth } from "../transfer.ts";

const defaultColumns = 80;
/** Lines in a log, of work that has at least as many steps. */
const logLines = 10;

export type Count = { readonly done: number; readonly total: number; readonly text: string };

/** One line that is redrawn on a terminal and removed at the end; elsewhere a line for each tenth of the work. */
type CountLine = Disposable & { show(count: Count): void };

export function createCountLine(output: CliOutput): CountLine {
  let isDrawn = false;
  let tenthsTold = 0;
  return {
    show({ done, total, text }) {
      if (output.isTTY === true) {
        isDrawn = true;
        output.write(`\r${cutToWidth(text, (output.columns || defaultColumns) - 1)}\x1b[K`);
        return;
      }
      const tenths = Math.floor((done * logLines) / total);
      if (total < logLines || tenths === tenthsTold) return;
      if (tenths > 0) output.write(`${text}\n`);
      tenthsTold = tenths;
    },
    [Symbol.dispose]() {
      if (isDrawn) output.write("\r\x1b[K");
      isDrawn = false;
    },
  };
}
