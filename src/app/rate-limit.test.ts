import { expect, test } from "bun:test";
import { chooseRateLimit } from "./rate-limit.ts";

const defaults = { apiKeys: [], requestBurst: 100 };

test.each([
  ["an open server has no limit", {}, {}],
  ["keys bring a limit", { apiKeys: ["k"] }, { rateLimit: { requestsPerSecond: 10, burst: 100 } }],
  [
    "a limit that was asked for holds without keys",
    { requestsPerSecond: 2, requestBurst: 5 },
    { rateLimit: { requestsPerSecond: 2, burst: 5 } },
  ],
  ["0 is no limit, with keys too", { apiKeys: ["k"], requestsPerSecond: 0 }, {}],
])("%s", (_, changes, expected) => {
  expect(chooseRateLimit({ ...defaults, ...changes })).toEqual(expected);
});
