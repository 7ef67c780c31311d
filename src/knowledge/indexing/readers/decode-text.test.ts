import { describe, expect, test } from "bun:test";
import { decodeText } from "./decode-text.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

describe("text", () => {
  test("is UTF-8 by default, without its mark", () => {
    expect(decodeText(utf8("häuser"))).toBe("häuser");
    expect(decodeText(utf8("\ufeffhäuser"))).toBe("häuser");
  });

  test("may be UTF-16 with a mark", () => {
    const little = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from("häuser\n", "utf16le")]);
    expect(decodeText(little)).toBe("häuser\n");
    const big = Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from("hä", "utf16le").swap16()]);
    expect(decodeText(big)).toBe("hä");
  });

  test("with a few bytes of an old encoding is read as western", () => {
    const text = `int grue${"x".repeat(200)}`;
    expect(decodeText(Buffer.from(`${text} \u00fc`, "latin1"))).toBe(`${text} ü`);
  });

  test("is in the encoding that was told, where that is known", () => {
    expect(decodeText(Buffer.from([0xe4]), "iso-8859-1")).toBe("ä");
    expect(decodeText(utf8("ä"), "no-such-encoding")).toBe("ä");
  });
});

describe("no text", () => {
  test("is what holds a NUL byte, early or late", () => {
    expect(decodeText(Buffer.from("\x7fELF\0\0"))).toBeUndefined();
    expect(decodeText(Buffer.concat([utf8("x".repeat(100_000)), Buffer.from([0])]))).toBeUndefined();
  });

  test("is what is mostly no UTF-8", () => {
    expect(
      decodeText(Buffer.from(Array.from({ length: 256 }, (_, index) => 128 + (index % 128)))),
    ).toBeUndefined();
  });
});
