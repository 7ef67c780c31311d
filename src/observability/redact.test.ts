import { expect, test } from "bun:test";
import { createRedactor, keepTail } from "./redact.ts";

const secret = "sk-hearth-123456";

function clean(text: string): string {
  return String(createRedactor([secret])({ text }).text);
}

test("a secret that lies across the cut is removed whole", () => {
  expect(clean(`${"x".repeat(8_185)}${secret}`)).not.toContain("sk-h");
});

test("the end of a long tail of stderr is kept, from the start of a line", () => {
  const lines = Array.from({ length: 40 }, (_, index) => `${index} ${"x".repeat(1_900)}`);
  const tail = keepTail([...lines, "GGML_ASSERT failed"].join("\n"));
  expect(clean(tail)).toEndWith("GGML_ASSERT failed");
  expect(tail).toStartWith("36 x");
  expect(keepTail("short")).toBe("short");
});

test.each([
  ["https://user:pw@host/x", "https://[redacted]@host/x"],
  ["https://us@er:p@host:1/x@y", "https://[redacted]@host:1/x@y"],
  [
    "GET https://h/x?token=abc123&page=2&X-Amz-Signature=zzz failed",
    "GET https://h/x?token=[redacted]&page=2&X-Amz-Signature=[redacted] failed",
  ],
  [
    "https://h/?to=https://i/?api_key=a?b#access_token=c",
    "https://h/?to=https://i/?api_key=[redacted]#access_token=[redacted]",
  ],
  ["https://h/x?page=2 me@here", "https://h/x?page=2 me@here"],
])("credentials in the URL %s are removed", (text, expected) => {
  expect(clean(text)).toBe(expected);
});

test.each(["://", "?key", "key", "?", "://@", "?token="])("endless %s takes linear time", (part) => {
  const start = performance.now();
  clean(part.repeat(100_000));
  clean(`://?${part.replaceAll(/[/?]/g, "").repeat(100_000)}`);
  expect(performance.now() - start).toBeLessThan(2_000);
});
