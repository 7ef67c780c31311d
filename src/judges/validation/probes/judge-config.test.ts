import { expect, test } from "bun:test";
import { defaultJudgeConfig, parseJudgeConfig } from "./judge-config.ts";

test("absent fields take their defaults", () => {
  expect(parseJudgeConfig({})).toEqual({
    ...{ maxRetries: 3, baseDelayMs: 100, maxDelayMs: 5_000 },
    ...{ jitterFactor: 0.1, defaultTimeoutMs: 30_000, verbose: false },
  });
});

test("each field given alone changes that field alone", () => {
  const given = [
    ["max_retries", 0, { maxRetries: 0 }],
    ["base_delay", 250, { baseDelayMs: 250 }],
    ["max_delay", "2s", { maxDelayMs: 2_000 }],
    ["jitter_factor", 0, { jitterFactor: 0 }],
    ["default_timeout", "1.5m", { defaultTimeoutMs: 90_000 }],
    ["verbose", true, { verbose: true }],
  ] as const;
  for (const [field, value, changed] of given) {
    expect(parseJudgeConfig({ [field]: value })).toEqual({ ...defaultJudgeConfig, ...changed });
  }
});

test.each([
  [{ retries: 1 }, "retries"],
  [{ max_retries: -1 }, "judge.max_retries"],
  [{ max_retries: 1.5 }, "judge.max_retries"],
  [
    { base_delay: "soon" },
    'judge.base_delay: expected milliseconds, or a duration such as 500ms or 30s, of at most 24h, not "soon"',
  ],
  [{ max_delay: -1 }, "judge.max_delay"],
  [{ max_delay: "25h" }, "judge.max_delay"],
  [{ default_timeout: 0 }, "judge.default_timeout: expected more than 0"],
  [{ jitter_factor: "much" }, "judge.jitter_factor"],
  ["fast", "judge"],
])("%j is refused by the name of its field", (value, message) => {
  expect(() => parseJudgeConfig(value, "judge")).toThrow(message);
});
