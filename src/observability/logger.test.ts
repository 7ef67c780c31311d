import { expect, test } from "bun:test";
import { AppError } from "../base/index.ts";
import { createLogger, type LoggerOptions } from "./logger.ts";

function createCapture(options: Partial<LoggerOptions> & { isTTY?: boolean } = {}) {
  const lines: string[] = [];
  const logger = createLogger({
    level: "info",
    format: "json",
    secrets: ["sk-hearth-123456"],
    stream: { isTTY: options.isTTY ?? false, write: (text) => lines.push(text) },
    now: () => new Date("2026-01-02T03:04:05.678Z"),
    ...options,
  });
  return { logger, lines, parsed: () => lines.map((line) => JSON.parse(line)) };
}

test("an event is one JSON line with time, level, name and fields", () => {
  const { logger, lines } = createCapture();
  logger.info("request", { status: 200, note: "two\nlines" });
  expect(lines).toEqual([
    '{"time":"2026-01-02T03:04:05.678Z","level":"info","event":"request","status":200,"note":"two\\nlines"}\n',
  ]);
});

test("fields cannot pass for the line's own time, level or event", () => {
  const { logger, parsed } = createCapture();
  logger.error("real", { event: "forged", level: "debug", time: "never" });
  expect(parsed()).toEqual([{ time: "2026-01-02T03:04:05.678Z", level: "error", event: "real" }]);
});

test("below the level nothing is written and fields are not even built", () => {
  const { logger, lines } = createCapture({ level: "warn" });
  logger.info("skipped", () => expect.unreachable());
  logger.warn("kept", () => ({ built: true }));
  expect(lines).toHaveLength(1);
});

test("a request id given once is on every line", () => {
  const { logger, parsed } = createCapture();
  const scoped = logger.with({ requestId: "req-1" });
  scoped.info("one");
  scoped.error("two", { status: 500 });
  expect(parsed().map((line) => line.requestId)).toEqual(["req-1", "req-1"]);
});

test("secrets are removed by field name, by value and as bearer tokens", () => {
  const { logger, lines, parsed } = createCapture();
  logger.info("secrets", {
    apiKey: "k1-secret",
    headers: { Authorization: "Bearer abc.def", "x-api-key": "k2-secret", cookie: "c=1" },
    url: "/v1?k=sk-hearth-123456",
    note: "sent Bearer abc.def to us",
    accessToken: "t-secret",
  });
  expect(lines.join()).not.toMatch(/k1-secret|k2-secret|abc\.def|c=1|123456|t-secret/);
  expect(parsed()[0].note).toBe("sent Bearer [redacted] to us");
});

test("counts of tokens are not secrets", () => {
  const { logger, parsed } = createCapture();
  logger.info("usage", { promptTokens: 12, token: 7, tokens: [1, 2] });
  expect(parsed()[0]).toMatchObject({ promptTokens: 12, token: 7, tokens: [1, 2] });
});

test("errors are written with code and cause, without a stack", () => {
  const { logger, parsed } = createCapture();
  logger.error("failed", { error: new AppError("host_died", "gone", { cause: new Error("SIGKILL") }) });
  expect(parsed()[0].error).toMatchObject({
    code: "host_died",
    message: "gone",
    cause: { message: "SIGKILL" },
  });
  expect(parsed()[0].error).not.toHaveProperty("stack");
});

test("cycles, huge text and a stream that throws do no harm", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const { logger, lines } = createCapture();
  logger.info("cycle", { cycle, text: "x".repeat(1_000_000), big: 10n });
  expect(lines[0]?.length).toBeLessThan(20_000);
  const broken = createCapture({
    stream: {
      write: () => {
        throw new Error("EPIPE");
      },
    },
  });
  expect(() => broken.logger.error("unheard")).not.toThrow();
});

test("on a terminal lines are for people, and what clients sent cannot steer it", () => {
  const { logger, lines } = createCapture({ format: "auto", isTTY: true });
  logger.info("request", { route: "/v1/models", agent: "\x1b[2Jgone" });
  expect(lines[0]).toContain("03:04:05.678");
  expect(lines[0]).not.toContain("\x1b[2J");
  expect(Bun.stripANSI(lines[0] ?? "")).toContain("request route=/v1/models");
});
