import { expect, test } from "bun:test";
import { fromErrorFrame, fromFailedAnswer } from "./failures.ts";

const nowMs = Date.parse("2026-01-01T00:00:00Z");

function failed(status: number, body: unknown = "", headers: Readonly<Record<string, string>> = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return fromFailedAnswer({ status, body: text, headers: new Headers(headers), nowMs });
}

const openai = (message: string, code: string) => ({
  error: { message, type: "invalid_request_error", code },
});
const anthropic = (message: string, type: string) => ({ type: "error", error: { type, message } });

test.each([
  [400, openai("bad temperature", "x"), "invalid_request"],
  [422, { detail: "no messages" }, "invalid_request"],
  [413, "", "invalid_request"],
  [400, openai("too long", "context_length_exceeded"), "context_limit_exceeded"],
  [
    400,
    anthropic("prompt is too long: 9 tokens > 8 maximum", "invalid_request_error"),
    "context_limit_exceeded",
  ],
  [401, openai("wrong key", "invalid_api_key"), "upstream_refused"],
  [403, "", "upstream_refused"],
  [402, anthropic("pay first", "billing_error"), "upstream_refused"],
  [404, openai("no such model", "model_not_found"), "model_not_found"],
  [405, "", "upstream_refused"],
  [302, "", "upstream_refused"],
  [429, openai("slow down", "rate_limit_exceeded"), "rate_limit_exceeded"],
  [429, openai("You exceeded your current quota", "insufficient_quota"), "upstream_refused"],
  [408, "", "upstream_failed"],
  [500, "<html>oops</html>", "upstream_failed"],
  [503, { error: "model is loading" }, "upstream_failed"],
  [529, anthropic("Overloaded", "overloaded_error"), "upstream_failed"],
])("status %i with %j is %s", (status, body, code) => {
  expect(failed(status, body).code).toBe(code as never);
});

test("what the upstream says is told, on one line and not endlessly", () => {
  expect(failed(400, openai("bad\r\n\u0000 value", "x")).message).toBe("refused the request: bad value");
  expect(failed(500, { error: "out of luck" }).message).toBe("failed with status 500: out of luck");
  expect(failed(500, `${"x".repeat(100_000)}`).message.length).toBeLessThan(450);
  expect(failed(502, "<html><body>nginx</body></html>").message).toBe("failed with status 502");
});

test.each([
  [{ "retry-after": "7" }, 7_000],
  [{ "retry-after-ms": "1500", "retry-after": "2" }, 1_500],
  [{ "retry-after": "Thu, 01 Jan 2026 00:00:30 GMT" }, 30_000],
  [{ "retry-after": "Wed, 31 Dec 2025 00:00:00 GMT" }, 0],
  [{ "retry-after": "999999999" }, 24 * 3600 * 1000],
  [{ "retry-after": "soon" }, 1_000],
])("%j of a 429 asks to wait %i ms", (headers, expected) => {
  expect(failed(429, "", headers).retryAfterMs).toBe(expected);
});

test("an error inside a stream says what its status would have said", () => {
  expect(fromErrorFrame({ message: "slow down", code: "rate_limit_exceeded" }).code).toBe(
    "rate_limit_exceeded",
  );
  expect(fromErrorFrame({ message: "maximum context length is 8" }).code).toBe("context_limit_exceeded");
  expect(fromErrorFrame("on fire")).toMatchObject({ code: "upstream_failed", message: "failed: on fire" });
  expect(fromErrorFrame(null).message).toBe("failed");
});
