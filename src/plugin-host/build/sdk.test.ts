import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { compilePlugin } from "./compile-plugin.ts";
import { createGuest, type Guest } from "./guest-fixture.ts";

const source = `
import {
  bytesOf, countCodePoints, embed, generate, GenerateRequest, getConfig, getVar, Json, kvDelete, kvGet, kvList, kvSet, logInfo,
  readJson, readText, reportError, roundTo, setVar, showNumber, sql, TextBuilder, textOf, writeJson, writeText,
} from "hearth-sdk";

export function judge(): i32 {
  writeJson(readJson());
  return 0;
}

export function echo(): i32 {
  writeText(readText());
  return 0;
}

export function escape(): i32 {
  writeJson(Json.string(readText()));
  return 0;
}

export function unescape(): i32 {
  writeText(readJson().asString("no string"));
  return 0;
}

export function texts(): i32 {
  const json = readJson();
  writeJson(Json.parse(json.toString()));
  return 0;
}

export function attempt(): i32 {
  const json = Json.tryParse(readText());
  writeText(json ? json.toString() : "no JSON");
  return 0;
}

export function access(): i32 {
  const input = readJson();
  const map = new Map<string, f64>();
  map.set("one", 1);
  const missing: string | null = null;
  writeJson(
    Json.object()
      .set("string", input.get("a").asString("fallback"))
      .set("deep", input.get("x").get("y").at(3).get("z").asString("fallback"))
      .set("number", input.get("n").asNumber(7))
      .set("integer", input.get("n").asInteger(7))
      .set("bool", input.get("flag").asBool(true))
      .set("keys", input.keys())
      .set("last", input.get("list").at(input.get("list").length - 1))
      .set("beyond", input.get("list").at(99).exists)
      .set("strings", input.get("list").asStrings())
      .set("has", input.has("list") && !input.has("toString"))
      .set("map", map)
      .set("missing", missing)
      .set("whole", 3)
      .set("long", i64(9007199254740991))
      .set("nan", NaN)
      .set("numbers", [1.5, -0.25])
      .set("same", 1)
      .set("same", 2),
  );
  return 0;
}

export function host(): i32 {
  logInfo("Zoë 😀");
  const config = getConfig("key");
  setVar("v", bytesOf("größe"));
  const found = getVar("v");
  kvSet("ключ", "значение");
  kvDelete("old");
  const kept = kvGet("ключ");
  const request = new GenerateRequest("tiny", "Hi 😀");
  request.maxTokens = 5;
  request.stop.push("end");
  const generated = generate(request);
  const vectors = embed("tiny", ["a", "b"]);
  writeJson(
    Json.object()
      .set("config", config)
      .set("none", getConfig("none"))
      .set("var", found ? textOf(found) : "none")
      .set("kept", kept)
      .set("list", kvList("k"))
      .set("text", generated.text)
      .set("tokens", generated.completionTokens)
      .set("vector", vectors[1])
      .set("sql", sql("main", "select ?", Json.array().push(1))),
  );
  return 0;
}

export function helpers(): i32 {
  writeText(
    [showNumber(3), showNumber(roundTo(0.123456, 4)), showNumber(roundTo(-2.5, 0)), countCodePoints(readText()).toString()].join(" "),
  );
  return 0;
}

export function built(): i32 {
  const text = new TextBuilder();
  const part = readText();
  for (let i = 0; i < 20_000; i++) text.add(part);
  writeText(text.toString());
  return 0;
}

export function refuse(): i32 {
  return reportError("näh");
}

export function raise(): i32 {
  throw new Error("Zoë 😀");
}

export function beyond(): i32 {
  const list: i32[] = [];
  return list[5];
}
`;

let folder: string;
let guest: Guest;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hearth-sdk-"));
  mkdirSync(join(folder, "assembly"));
  writeFileSync(join(folder, "assembly", "index.ts"), source);
  writeFileSync(join(folder, "plugin.json"), '{"kind":"judge","name":"sdk-test","version":"1.0.0"}');
  const { path } = await compilePlugin({ folder, home: folder });
  guest = createGuest(await Bun.file(path).bytes(), { config: { key: "wärt" }, user: answerUser });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function answerUser(name: string, ...texts: readonly string[]): string | undefined {
  if (name === "kv_get") return `${texts[0]}=1`;
  if (name === "kv_list") return '["k1","k2"]';
  if (name === "generate") return JSON.stringify({ text: texts[0], promptTokens: 1, completionTokens: 2 });
  if (name === "embed") return '{"vectors":[[1],[0.5,-2e-3]],"promptTokens":3}';
  if (name === "sql") return texts[0];
  return undefined;
}

const roundTrip = (text: string): unknown => JSON.parse(guest.callText("judge", text));

describe("JSON", () => {
  test("any value comes back as JSON.parse reads it", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6, stringUnit: "binary" }), (text) => {
        expect(roundTrip(text)).toEqual(JSON.parse(text));
      }),
      { numRuns: 1500 },
    );
  });

  test("every finite number comes back as the same number", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 50 }),
        (list) => {
          expect(roundTrip(JSON.stringify(list))).toEqual(JSON.parse(JSON.stringify(list)));
        },
      ),
      { numRuns: 300 },
    );
  });

  test("numbers in every spelling are read as JSON.parse reads them", () => {
    const digits = fc.stringMatching(/^(0|[1-9]\d{0,40})(\.\d{1,40})?([eE][+-]?\d{1,3})?$/);
    fc.assert(
      fc.property(fc.array(digits, { minLength: 1, maxLength: 40 }), (list) => {
        const text = `[${list.join(",")}]`;
        const expected = JSON.parse(text).map((value: number) => (Number.isFinite(value) ? value : null));
        expect(roundTrip(text)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test("numbers at the edges of f64 are rounded to the nearest, ties to even", () => {
    const hard = [
      "5e-324",
      "2.4703282292062327208e-324",
      "2.4703282292062328e-324",
      "2.2250738585072011e-308",
      "2.2250738585072014e-308",
      "1.7976931348623157e308",
      "1.7976931348623158e308",
      "9007199254740993",
      "9007199254740992.5",
      "0.1",
      "123456789012345678901234567890e-29",
      "1e23",
      "8.5e22",
      `0.${"0".repeat(400)}1e401`,
      `1${"0".repeat(400)}e-400`,
      `9007199254740992.${"0".repeat(900)}1`,
      `0.5${"0".repeat(800)}1`,
    ];
    expect(roundTrip(`[${hard.join(",")}]`)).toEqual(hard.map(Number));
  });

  test("whole numbers have no point and what is no number is null", () => {
    expect(guest.callText("judge", "[1.0,-3,1e3,-0.0,9007199254740991,1e999]")).toBe(
      "[1,-3,1000,0,9007199254740991,null]",
    );
  });

  test("halves of surrogate pairs, NUL and every escape survive", () => {
    const text = '["\\ud800","a\\udc00b","\\ud83d\\ude00","\\u0000","\\"\\\\\\/\\b\\f\\n\\r\\t","é😀"]';
    const written = guest.callText("judge", text);
    expect(JSON.parse(written)).toEqual(JSON.parse(text));
    expect(written).toContain("\\ud800");
  });

  test("an object keeps its order, and the last of equal keys wins, however many there are", () => {
    const keys = Array.from({ length: 40 }, (_, i) => `k${i}`);
    const text = `{${[...keys, "k3", "k39"].map((key, i) => `"${key}":${i}`).join(",")}}`;
    expect(guest.callText("judge", text)).toBe(JSON.stringify(JSON.parse(text)));
  });

  test("any keys are told apart, also where one begins another or bits differ in one place", () => {
    const unit = fc.constantFrom("", "a", "b", "\0", "\u8000", "\uffff", "😀", "k1", "k2");
    const key = fc.array(unit, { maxLength: 6 }).map((parts) => parts.join(""));
    const check = (keys: readonly string[]) => {
      const text = `{${keys.map((name, i) => `${JSON.stringify(name)}:${i}`).join(",")}}`;
      expect(guest.callText("judge", text)).toBe(JSON.stringify(JSON.parse(text)));
    };
    fc.assert(fc.property(fc.array(key, { minLength: 9, maxLength: 60 }), check), { numRuns: 300 });
  });

  test("keys that are chosen to be slow take no more time than others", () => {
    const like = Array.from({ length: 20_000 }, (_, i) => collidingKey(i)).filter(
      (name) => name !== undefined,
    );
    const long = Array.from({ length: 900 }, (_, i) => "a".repeat(i));
    for (const keys of [like, long]) {
      const text = `{${keys.map((name) => `${JSON.stringify(name)}:0`).join(",")}}`;
      const start = performance.now();
      expect(guest.callText("judge", text)).toBe(text);
      expect(performance.now() - start).toBeLessThan(5_000);
    }
  });

  test("what JSON.parse refuses is refused", () => {
    const texts = ["", " ", "{", "[1,]", "{a:1}", "01", "1.", ".5", "+1", "1e", "tru", "nul", '"', '"\\x"'];
    const more = ['"\\u12g4"', '"\u0001"', "[1 2]", '{"a"}', '{"a":1,}', "1 2", "NaN", "-", '"\\', '"\\u1'];
    for (const text of [...texts, ...more]) {
      expect(() => JSON.parse(text)).toThrow();
      expect(() => guest.call("judge", text)).toThrow(/not JSON/);
      expect(guest.callText("attempt", text)).toBe("no JSON");
    }
  });

  test("any text is JSON for the parser exactly if it is for JSON.parse", () => {
    const damaged = fc
      .tuple(
        fc.json({ maxDepth: 4 }),
        fc.nat(),
        fc.constantFrom("", "x", '"', "{", "]", ",", ":", "\\", "1", "e", " "),
      )
      .map(([text, at, put]) => {
        const place = at % (text.length + 1);
        return text.slice(0, place) + put + text.slice(place + 1);
      });
    fc.assert(
      fc.property(damaged, (text) => {
        let expected: string;
        try {
          expected = JSON.stringify(JSON.parse(text));
        } catch {
          expected = "no JSON";
        }
        const got = guest.callText("attempt", text);
        expect(got === "no JSON" ? got : JSON.stringify(JSON.parse(got))).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  test("bytes that are not UTF-8 are refused", () => {
    for (const bytes of [
      [0xff],
      [0xc0, 0x80],
      [0xe0, 0x80, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xe2, 0x82],
    ]) {
      const text = new Uint8Array([0x22, ...bytes, 0x22]);
      expect(() => guest.call("judge", text)).toThrow("not UTF-8 at byte 1");
    }
  });

  test("nesting has a limit, below which it is fine", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    expect(guest.callText("judge", nested(128))).toBe(nested(128));
    expect(() => guest.call("judge", nested(100_000))).toThrow("nested deeper than 128");
    expect(guest.callText("attempt", nested(129))).toBe("no JSON");
  });

  test("reading is forgiving and building takes what there is", () => {
    const input = { a: "x", n: 1.5, flag: false, list: ["p", 2, "q"] };
    expect(JSON.parse(guest.callText("access", JSON.stringify(input)))).toEqual({
      string: "x",
      deep: "fallback",
      number: 1.5,
      integer: 7,
      bool: false,
      keys: ["a", "n", "flag", "list"],
      last: "q",
      beyond: false,
      strings: ["p", "q"],
      has: true,
      map: { one: 1 },
      missing: null,
      whole: 3,
      long: Number.MAX_SAFE_INTEGER,
      nan: null,
      numbers: [1.5, -0.25],
      same: 2,
    });
  });

  test("text that is parsed and printed within the plugin is the same", () => {
    const value = { "é😀": ["\ud800", 1e-7, { "": null }] };
    expect(JSON.parse(guest.callText("texts", JSON.stringify(value)))).toEqual(value);
  });
});

describe("UTF-8", () => {
  const text = fc.string({ unit: "binary", maxLength: 200 });

  test("text of any length and script goes in and out unchanged", () => {
    fc.assert(
      fc.property(text, (value) => expect(guest.callText("echo", value)).toBe(value)),
      { numRuns: 800 },
    );
  });

  test("a text becomes JSON and back", () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(JSON.parse(guest.callText("escape", value))).toBe(value);
        expect(guest.callText("unescape", JSON.stringify(value))).toBe(value);
      }),
      { numRuns: 800 },
    );
  });

  test("bytes that are not UTF-8 become U+FFFD and half a pair does too", () => {
    expect(guest.callText("unescape", '"a\\ud800b"')).toBe("a\ufffdb");
    const decoded = new TextDecoder().decode(guest.call("echo", new Uint8Array([0x61, 0xff, 0x62])));
    expect(decoded).toBe("a\ufffdb");
  });

  test("a text of a megabyte takes time that grows with it alone", () => {
    const value = JSON.stringify("é😀x".repeat(200_000));
    const start = performance.now();
    expect(guest.callText("judge", value)).toBe(value);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

describe("the host's functions", () => {
  test("each takes and gives text in UTF-8", () => {
    expect(JSON.parse(guest.callText("host", ""))).toEqual({
      config: "wärt",
      none: null,
      var: "größe",
      kept: "ключ=1",
      list: ["k1", "k2"],
      text: '{"model":"tiny","prompt":"Hi 😀","maxTokens":5,"stop":["end"]}',
      tokens: 2,
      vector: [0.5, -0.002],
      sql: { connection: "main", query: "select ?", parameters: [1] },
    });
    expect(guest.logs).toContain("Zoë 😀");
  });

  test("an error that a plugin reports and one that it throws say what it said", () => {
    expect(() => guest.call("refuse", "")).toThrow("näh");
    expect(() => guest.call("raise", "")).toThrow(/^Zoë 😀 at assembly\/index\.ts:\d+:\d+$/);
    expect(() => guest.call("beyond", "")).toThrow(/^Index out of range at ~lib\/array\.ts:\d+:\d+$/);
  });

  test("numbers are shown as people write them, a code point is one, and text is built of many parts", () => {
    expect(guest.callText("helpers", "aé😀")).toBe("3 0.1235 -2 3");
    expect(guest.callText("built", "é😀")).toBe("é😀".repeat(20_000));
  });

  test("only the host's two modules are imported from", () => {
    for (const name of guest.imports) expect(name).toMatch(/^extism:host\/(env|user)\//);
  });
});

/** A key whose hash by FNV-1a ends in 16 zeros, or none for this number. */
function collidingKey(i: number): string | undefined {
  const start = i.toString(36);
  let hash = 0x811c9dc5;
  for (const unit of start) hash = Math.imul(hash ^ unit.charCodeAt(0), 0x01000193);
  const last = hash & 0xffff;
  return last < 0x5d || (last >= 0xd800 && last < 0xe000) ? undefined : start + String.fromCharCode(last);
}
