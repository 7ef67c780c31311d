import { expect, test } from "bun:test";
import fc from "fast-check";
import { PluginFailure } from "../../failure.ts";
import { parseUrl } from "./check-request.ts";
import { checkHostGranted, parseHostPattern } from "./host-pattern.ts";

function isGranted(pattern: string, url: string): boolean {
  const patterns = [parseHostPattern(pattern)].filter((parsed) => parsed !== undefined);
  try {
    checkHostGranted(parseUrl(url), patterns);
    return true;
  } catch (error) {
    if (error instanceof PluginFailure && error.code === "http_host_not_granted") return false;
    throw error;
  }
}

for (const [pattern, url, expected] of [
  ["api.example.com", "https://api.example.com/", true],
  ["api.example.com", "http://api.example.com/", true],
  ["api.example.com", "https://API.Example.COM./", true],
  ["API.Example.com", "https://api.example.com/", true],
  ["api.example.com", "https://api.example.com:443/", true],
  ["api.example.com", "https://api.example.com:80/", false],
  ["api.example.com", "http://api.example.com:443/", false],
  ["api.example.com", "https://api.example.com:8443/", false],
  ["api.example.com:443", "http://api.example.com:443/", true],
  ["api.example.com:80", "https://api.example.com/", false],
  ["example.com", "https://api.example.com/", false],
  ["*.example.com", "https://api.example.com/", true],
  ["*.example.com", "https://a.b.example.com/", true],
  ["*.example.com", "https://example.com/", false],
  ["*.example.com", "https://badexample.com/", false],
  ["*.example.com:8443", "https://a.example.com:8443/", true],
  ["*.example.com:8443", "https://a.example.com/", false],
  ["bücher.example", "https://xn--bcher-kva.example/", true],
  ["xn--bcher-kva.example", "https://BÜCHER.example/", true],
  ["localhost:8080", "http://localhost:8080/", true],
  ["[::1]:8080", "http://[::1]:8080/", true],
  ["[0:0::1]:8080", "http://[::1]:8080/", true],
  ["127.0.0.1", "http://127.0.0.1/", true],
  ["127.0.0.1", "http://0x7f.1/", true],
  ["2130706433", "http://127.0.0.1/", false],
  ["0x7f.1", "http://127.0.0.1/", false],
  ["*.0.0.1", "http://127.0.0.1/", false],
  ["*.com", "http://127.0.0.1/", false],
] as const) {
  test(`${pattern} ${expected ? "grants" : "does not grant"} ${url}`, () => {
    expect(isGranted(pattern, url)).toBe(expected);
  });
}

for (const text of [
  "",
  "*",
  "*.",
  "*.*.a",
  "a b",
  "a/b",
  "a@b",
  "a:0",
  "a:99999",
  "a:",
  ":80",
  "a..b",
  "[::1",
  "::1",
]) {
  test(`"${text}" is no pattern`, () => {
    expect(parseHostPattern(text)).toBeUndefined();
  });
}

test("any text is a pattern or none, and never more", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const pattern = parseHostPattern(text);
      expect(pattern === undefined || pattern.host === pattern.host.toLowerCase()).toBe(true);
    }),
  );
});
