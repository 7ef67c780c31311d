import { describe, expect, test } from "bun:test";
import { createBars, createLog, type ProgressEvent } from "./progress.ts";

const mib = 2 ** 20;

function file(completedMib: number, digest = "a", totalMib = 10): ProgressEvent {
  const [completed, total] = [completedMib * mib, totalMib * mib];
  return { type: "progress", digest, status: `pulling ${digest}`, total, completed };
}

function createOutput(columns = 80) {
  let text = "";
  return { isTTY: true, columns, write: (piece: string) => (text += piece), text: () => text };
}

const esc = "\x1b";
const screenPattern = new RegExp(
  String.raw`${esc}\[(\d+)A|(${esc}\[K|${esc}\[J|\r|\n)|([^${esc}\r\n]+)`,
  "g",
);

/** What a terminal shows after it was written to. */
function toScreen(text: string): string[] {
  const lines: string[] = [""];
  let row = 0;
  for (const [, up, control, letters] of text.matchAll(screenPattern)) {
    if (up !== undefined) row -= Number(up);
    else if (control === "\n") row += 1;
    else if (control === "\x1b[J") lines.length = row;
    else if (letters !== undefined) lines[row] = letters;
  }
  return lines;
}

describe("on a terminal", () => {
  test("a bar is redrawn in place, and one that is complete stays above the next", () => {
    const output = createOutput();
    {
      using bars = createBars(output, { now: () => 0 });
      bars.show({ type: "status", status: "pulling manifest" });
      bars.show(file(3));
      bars.show(file(10));
      bars.show(file(10));
      bars.show(file(5, "b"));
    }
    const screen = toScreen(output.text());
    expect(screen).toHaveLength(2);
    expect(screen[0]).toMatch(/^pulling a .* 100 % {2}10\.0 MiB$/);
    expect(screen[1]).toMatch(/^pulling b .* 50 % /);
  });

  test("a status stands below the bars until something else comes", () => {
    const output = createOutput();
    using bars = createBars(output, { now: () => 0 });
    bars.show(file(3));
    bars.show({ type: "status", status: "host: 503; trying again in 3 s" });
    expect(toScreen(output.text())[1]).toBe("host: 503; trying again in 3 s");
  });

  test("no line is as wide as the terminal, where it would begin another", () => {
    const output = createOutput(30);
    {
      using bars = createBars(output, { now: () => 0 });
      bars.show({ type: "status", status: "long ".repeat(20) });
      bars.show(file(3));
    }
    for (const line of toScreen(output.text())) expect(Bun.stringWidth(line)).toBeLessThan(30);
  });

  test("of many files at once some are drawn and the others counted", () => {
    const output = createOutput();
    {
      using bars = createBars(output, { now: () => 0 });
      for (let index = 0; index < 100; index += 1) bars.show(file(1, String(index)));
    }
    expect(toScreen(output.text()).at(-1)).toBe("and 92 more");
  });

  test("a status cannot steer it", () => {
    const output = createOutput();
    using bars = createBars(output);
    bars.show({ type: "status", status: "a\x1b[2Jb\rc" });
    expect(output.text()).not.toContain("\x1b[2J");
    expect(toScreen(output.text())[0]).toBe("a�[2Jb c");
  });
});

describe("in a log", () => {
  const linesOf = (events: readonly (readonly [atMs: number, event: ProgressEvent])[]) => {
    const output = createOutput();
    let atMs = 0;
    using log = createLog(output, { now: () => atMs });
    for (const [nextMs, event] of events) {
      atMs = nextMs;
      log.show(event);
    }
    return output.text().split("\n").slice(0, -1);
  };

  test("each status is said once, a file at its steps and at its end", () => {
    const status: ProgressEvent = { type: "status", status: "pulling manifest" };
    const events = Array.from({ length: 101 }, (_, index) => [index, file(index, "a", 100)] as const);
    const lines = linesOf([[0, status], [0, status], ...events, [101, file(100, "a", 100)]]);
    expect(lines).toHaveLength(12);
    expect(lines[0]).toBe("pulling manifest");
    expect(lines[1]).toBe("pulling a: 0 % of 100 MiB");
    expect(lines[11]).toBe("pulling a: 100 MiB, complete");
  });

  test("a slow file is told of every few seconds", () => {
    const events = Array.from(
      { length: 61 },
      (_, second) => [second * 1_000, file(second, "a", 10_000)] as const,
    );
    expect(linesOf(events)).toHaveLength(13);
  });

  test("a file that is fetched anew is told of again", () => {
    const lines = linesOf([
      [0, file(10)],
      [1, file(0)],
      [2, file(10)],
    ]);
    expect(lines).toEqual([
      "pulling a: 10.0 MiB, complete",
      "pulling a: 0 % of 10.0 MiB",
      "pulling a: 10.0 MiB, complete",
    ]);
  });
});
