import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { compilePlugin } from "./build/compile-plugin.ts";
import { readManifest } from "./build/read-manifest.ts";
import type { JudgeInput, JudgeOutput } from "./contracts/judge.ts";
import type { PolicyHook, PolicyInput, PolicyOutput } from "./contracts/policy.ts";
import type { FailureCode } from "./failure.ts";
import { findEmbeddedPlugins } from "./find-embedded.ts";
import type { PluginResult } from "./plugins.ts";
import { openTestPlugins } from "./plugins-fixture.ts";
import type { PluginRecord } from "./store/plugin-record.ts";

const pluginsDir = join(import.meta.dir, "..", "..", "plugins");
const folders = [
  "judges/length-and-keywords",
  "judges/json-schema",
  "judges/grounding",
  "judges/coherence",
  "judges/relevance",
  "judges/pii",
  "policies/value-score",
  "policies/route-by-complexity",
  "policies/cache-guard",
] as const;
type Folder = (typeof folders)[number];

type Case = {
  readonly name: string;
  readonly input: unknown;
  readonly expect?: unknown;
  readonly error?: FailureCode;
};

const opened = openTestPlugins();
const { plugins } = opened;
const home = opened.folder.path;
const records = new Map<Folder, PluginRecord>();

beforeAll(async () => {
  const built = await findEmbeddedPlugins();
  for (const name of folders) records.set(name, await findRecord(join(pluginsDir, name), built));
});

afterAll(async () => {
  await opened[Symbol.asyncDispose]();
});

/** Compiles what `bun run setup` has not built. */
async function findRecord(
  folder: string,
  built: readonly { readonly name: string; readonly path: string }[],
): Promise<PluginRecord> {
  const manifest = readManifest(folder);
  const known = built.find(({ name }) => name === manifest.name)?.path;
  const output = join(home, `${manifest.name}.wasm`);
  const path = known ?? (await compilePlugin({ folder, home, output })).path;
  const sha256 = createHash("sha256").update(readFileSync(path)).digest("hex");
  const decided = { grants: {}, config: {}, limits: {}, isEnabled: true, isEmbedded: false, addedAtMs: 1 };
  return { name: manifest.name, manifest, path, sha256, source: path, ...decided };
}

async function call(folder: Folder, input: unknown): Promise<PluginResult<unknown>> {
  const record = records.get(folder);
  if (!record) throw new Error(`${folder} is not there`);
  return await plugins.callRecord(record, { input });
}

async function judge(folder: Folder, input: JudgeInput): Promise<JudgeOutput> {
  const result = await call(folder, input);
  if (!result.ok) throw new Error(result.failure.message);
  return result.output as JudgeOutput;
}

async function decide<Hook extends PolicyHook>(
  folder: Folder,
  input: PolicyInput<Hook> & { readonly hook: Hook },
): Promise<PolicyOutput<Hook>> {
  const result = await call(folder, input);
  if (!result.ok) throw new Error(result.failure.message);
  return result.output as PolicyOutput<Hook>;
}

function readCases(folder: Folder): readonly Case[] {
  const parent = join(pluginsDir, folder, "cases");
  return readdirSync(parent).flatMap(
    (file) => Bun.YAML.parse(readFileSync(join(parent, file), "utf8")) as Case[],
  );
}

for (const folder of folders) {
  describe(`cases of ${folder}`, () => {
    for (const each of readCases(folder)) {
      test(each.name, async () => {
        const result = await call(folder, each.input);
        if (each.error !== undefined)
          expect(result).toMatchObject({ ok: false, failure: { code: each.error } });
        else expect(result).toMatchObject({ ok: true, output: each.expect });
      });
    }
  });
}

const anyText = fc.string({ unit: "binary", maxLength: 60 });
/** Halves of surrogate pairs alone among them. */
const brokenText = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
  .map((units) => String.fromCharCode(...units));
const runs = { numRuns: 60 };

describe("value-score", () => {
  const interaction = fc.record({
    hook: fc.constant("value.score" as const),
    outcome: fc.constantFrom("success" as const, "partial" as const, "failure" as const),
    feedback: fc.constantFrom(-1 as const, 0 as const, 1 as const),
    query: anyText,
    response: anyText,
    n80: fc.nat(),
    n90: fc.nat(),
  });

  test("the value of any interaction is the sum of its terms, from 0 to 1", async () => {
    const check = async (input: PolicyInput<"value.score">) => {
      const { value, terms } = await decide("policies/value-score", input);
      const sum = Object.values(terms).reduce((total, term) => total + term, 0);
      expect(value).toBeCloseTo(Math.min(1, sum), 4);
      expect(value).toBeLessThanOrEqual(1);
    };
    await fc.assert(fc.asyncProperty(interaction, check), runs);
  });

  test("the tenth near-duplicate is worth less than the first", async () => {
    const check = async (input: PolicyInput<"value.score">) => {
      const first = await decide("policies/value-score", { ...input, n90: 0 });
      const tenth = await decide("policies/value-score", { ...input, n90: 10 });
      expect(tenth.value).toBeLessThan(first.value);
    };
    await fc.assert(fc.asyncProperty(interaction, check), runs);
  });

  test("nothing but a success of high value is extracted", async () => {
    const check = async (input: PolicyInput<"value.score">) => {
      const { value, highValue, extract } = await decide("policies/value-score", input);
      expect(highValue).toBe(value >= 0.7);
      expect(extract).toBe(highValue && input.outcome === "success");
    };
    await fc.assert(fc.asyncProperty(interaction, check), runs);
  });
});

describe("route-by-complexity", () => {
  const request = fc.record({
    hook: fc.constant("route.decide" as const),
    prompt: fc.oneof(anyText, fc.constantFrom("Design a parser", "Why?", "Continue", "Implement a strategy")),
    inputTokens: fc.nat({ max: 4000 }),
    outputTokens: fc.nat({ max: 1600 }),
    contextScore: fc.double({ min: 0, max: 1, noNaN: true }),
    confidence: fc.double({ min: 0, max: 1, noNaN: true }),
    load: fc.constantFrom(0, 0.5, 1),
  });

  test("what must stay local, or has nowhere else to go, stays local", async () => {
    const check = async (input: PolicyInput<"route.decide">) => {
      const demanded = await decide("policies/route-by-complexity", { ...input, label: "local" });
      const alone = await decide("policies/route-by-complexity", { ...input, hasRemote: false });
      expect([demanded.route, alone.route]).toEqual(["local", "local"]);
    };
    await fc.assert(fc.asyncProperty(request, check), runs);
  });

  test("more confidence never turns a local request into a remote one", async () => {
    const check = async (input: PolicyInput<"route.decide">, other: number) => {
      const [low = 0, high = 0] = [input.confidence ?? 0, other].sort((left, right) => left - right);
      const less = await decide("policies/route-by-complexity", { ...input, load: 0, confidence: low });
      const more = await decide("policies/route-by-complexity", { ...input, load: 0, confidence: high });
      if (less.route === "local") expect(more.route).toBe("local");
    };
    await fc.assert(fc.asyncProperty(request, fc.double({ min: 0, max: 1, noNaN: true }), check), runs);
  });
});

describe("length-and-keywords", () => {
  test("the length of any text is the count of its code points", async () => {
    const check = async (response: string) => {
      const { verdict, reasons, violations, metrics } = await judge("judges/length-and-keywords", {
        response,
      });
      expect(metrics.length).toBe([...response].length);
      expect(violations.map(({ message }) => message)).toEqual(reasons);
      const isFailed = violations.some(({ severity }) => severity === "failure");
      expect(verdict).toBe(isFailed ? "fail" : reasons.length > 0 ? "warn" : "pass");
    };
    await fc.assert(fc.asyncProperty(brokenText, check), runs);
  });

  test("every part of an ASCII text is found in it, in any case", async () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "A", "B"), minLength: 1, maxLength: 12 });
    const check = async (before: string, word: string, after: string) => {
      const criteria = { required_keywords: [word.toUpperCase()] };
      const response = before + word.toLowerCase() + after;
      const { metrics } = await judge("judges/length-and-keywords", { response, criteria });
      expect(metrics?.required_found).toBe(1);
    };
    await fc.assert(fc.asyncProperty(letters, letters, letters, check), runs);
  });
});

describe("json-schema", () => {
  test("what JSON is agrees with JSON.parse", async () => {
    const nearJson = fc
      .tuple(
        fc.json({ maxDepth: 3 }),
        fc.nat(),
        fc.constantFrom("", ",", "]", '"', "\\", "0", "-", "e", "\t"),
      )
      .map(([text, place, piece]) => {
        const at = place % (text.length + 1);
        return text.slice(0, at) + piece + text.slice(at + (place % 2));
      });
    const check = async (response: string) => {
      const criteria = { schema: true, allow_fence: false };
      const { verdict } = await judge("judges/json-schema", { response, criteria });
      expect(verdict).toBe(isJson(response) ? "pass" : "fail");
    };
    await fc.assert(fc.asyncProperty(nearJson, check), { numRuns: 300 });
  });

  test("a value fits itself as const and nothing else", async () => {
    const value = fc
      .jsonValue({ maxDepth: 3, noUnicodeString: false })
      .map((json) => JSON.parse(JSON.stringify(json)));
    const check = async (own: unknown, other: unknown) => {
      const criteria = { schema: { const: own } } as JudgeInput["criteria"];
      const itself = await judge("judges/json-schema", { response: JSON.stringify(own), criteria });
      const another = await judge("judges/json-schema", { response: JSON.stringify(other), criteria });
      expect(itself.verdict).toBe("pass");
      expect(another.verdict).toBe(Bun.deepEquals(own, other) ? "pass" : "fail");
    };
    await fc.assert(fc.asyncProperty(value, value, check), runs);
  });

  test("patterns match what RegExp matches", async () => {
    const { pattern } = fc.letrec<{ pattern: string; atom: string }>((tie) => ({
      atom: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom("a", "b", ".", "[ab]", "[^a]", "\\d", "\\w", "^", "$", "\\b", "\\B"),
        tie("pattern").map((inner) => `(?:${inner})`),
        fc
          .tuple(
            fc.constantFrom("a", "b", "(a|b)", "[a-c]"),
            fc.constantFrom("*", "+?", "?", "{2}", "{1,}", "{0,2}"),
          )
          .map((parts) => parts.join("")),
      ),
      pattern: fc.oneof(
        { maxDepth: 3 },
        fc.array(tie("atom"), { maxLength: 4 }).map((atoms) => atoms.join("")),
        fc.tuple(tie("atom"), tie("pattern")).map((choices) => choices.join("|")),
      ),
    }));
    const text = fc.string({ unit: fc.constantFrom("a", "b", "c", "1", " ", "😀"), maxLength: 6 });
    const check = async (source: string, value: string) => {
      const criteria = { schema: { pattern: source } };
      const { verdict } = await judge("judges/json-schema", { response: JSON.stringify(value), criteria });
      expect(verdict).toBe(new RegExp(source, "u").test(value) ? "pass" : "fail");
    };
    await fc.assert(fc.asyncProperty(pattern, text, check), { numRuns: 300 });
  });
});

describe("grounding", () => {
  test("a text rests on itself and never contradicts itself", async () => {
    const words = fc.constantFrom(
      "tower",
      "stands",
      "never",
      "not",
      "near",
      "Paris.",
      "1,000",
      "5%",
      "isn't",
      "safe!",
    );
    const sentence = fc.array(words, { minLength: 1, maxLength: 20 }).map((list) => list.join(" "));
    const check = async (text: string) => {
      const { verdict, metrics } = await judge("judges/grounding", { response: text, context: [text] });
      expect(["pass", "abstain"]).toContain(verdict);
      if (verdict === "pass")
        expect(metrics).toMatchObject({ grounding: 1, contradictions: 0, numbers_missing: 0 });
    };
    await fc.assert(fc.asyncProperty(sentence, check), runs);
  });

  test("no text makes it fail", async () => {
    const check = async (response: string, context: string) => {
      const { score = 0 } = await judge("judges/grounding", { response, context: [context] });
      expect(score).toBeWithin(0, 1.0001);
    };
    await fc.assert(fc.asyncProperty(brokenText, brokenText, check), runs);
  });
});

describe("coherence and relevance", () => {
  test("no text and no numbers give a score that is none, or outside 0 to 1", async () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const cosines = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 5 });
    const check = async (prompt: string, response: string, clarity: number, likeness: readonly number[]) => {
      const criteria = { clarity, sentence_similarities: [...likeness], similarity: likeness[0] ?? 0 };
      for (const name of ["judges/coherence", "judges/relevance"] as const) {
        const { score, metrics } = await judge(name, { prompt, response, criteria });
        expect(score).toBeWithin(0, 1.0001);
        for (const value of Object.values(metrics)) expect(Number.isFinite(value)).toBe(true);
      }
    };
    await fc.assert(fc.asyncProperty(brokenText, brokenText, share, cosines, check), runs);
  });

  test("a text that is said again and again is no more coherent than said once", async () => {
    const words = fc.array(fc.constantFrom("one", "two", "three", "four", "and"), {
      minLength: 3,
      maxLength: 12,
    });
    const check = async (list: readonly string[]) => {
      const once = `${list.join(" ")}. `;
      const criteria = { clarity: 1 };
      const first = await judge("judges/coherence", { response: once, criteria });
      const again = await judge("judges/coherence", { response: once.repeat(20), criteria });
      expect(again.score ?? 0).toBeLessThanOrEqual(Math.max(first.score ?? 0, 0.25));
    };
    await fc.assert(fc.asyncProperty(words, check), runs);
  });
});

describe("cache-guard", () => {
  const ask = (query: string, cachedQuery: string) =>
    decide("policies/cache-guard", { hook: "cache.serve", query, cachedQuery, similarity: 0.99 });
  const words = fc.constantFrom(
    "how",
    "does",
    "Bread",
    "rise",
    "not",
    "without",
    "Paris",
    "in",
    "of",
    "seven",
    "safe",
  );
  const question = fc.array(words, { minLength: 1, maxLength: 8 }).map((list) => list.join(" "));

  test("a question is served from itself", async () => {
    const check = async (text: string) => expect((await ask(text, text)).serve).toBe(true);
    await fc.assert(fc.asyncProperty(question, check), runs);
  });

  test("it does not matter which of two questions was stored", async () => {
    const check = async (one: string, other: string) => {
      expect((await ask(one, other)).serve).toBe((await ask(other, one)).serve);
    };
    await fc.assert(fc.asyncProperty(question, question, check), runs);
  });

  test("another number is never served", async () => {
    const check = async (before: string, one: number, other: number, after: string) => {
      fc.pre(one !== other);
      expect((await ask(`${before} ${one} ${after}`, `${before} ${other} ${after}`)).serve).toBe(false);
    };
    await fc.assert(fc.asyncProperty(question, fc.integer(), fc.integer(), question, check), runs);
  });

  test("one more negation is never served", async () => {
    const check = async (before: string, after: string) => {
      expect((await ask(`${before} ${after}`, `${before} not ${after}`)).serve).toBe(false);
    };
    await fc.assert(fc.asyncProperty(question, question, check), runs);
  });

  test("no text makes it fail", async () => {
    const check = async (one: string, other: string) => {
      expect(typeof (await ask(one, other)).serve).toBe("boolean");
      await decide("policies/cache-guard", { hook: "cache.admit", query: one, response: other });
    };
    await fc.assert(fc.asyncProperty(brokenText, brokenText, check), runs);
  });
});

test.each([
  "judges/length-and-keywords",
  "judges/coherence",
  "judges/relevance",
  "judges/grounding",
] as const)("%s abstains from an answer of ten megabytes", async (folder) => {
  const input = { prompt: "Why?", response: "wörld ".repeat(1_700_000), context: ["world"] };
  const { verdict, reasons } = await judge(folder, input);
  expect({ verdict, reasons }).toEqual({
    verdict: "abstain",
    reasons: [expect.stringContaining("too large")],
  });
});

describe("texts of a megabyte", () => {
  const megabyte = 1_000_000;
  const fill = (piece: string) => piece.repeat(Math.floor(megabyte / piece.length));
  const manyWords = Array.from({ length: megabyte / 6 }, (_, i) =>
    (i * 7919).toString(36).padStart(5, "x"),
  ).join(" ");
  const inputs: readonly (readonly [Folder, string, unknown])[] = [
    ["judges/grounding", "different words", { response: manyWords, context: [manyWords] }],
    ["judges/grounding", "one word", { response: fill("a"), context: [fill("a")] }],
    ["judges/grounding", "sentences of one word", { response: fill("abcd. "), context: [fill("abcd. ")] }],
    ["judges/grounding", "digits", { response: fill("1"), context: [fill("1,111 ")] }],
    ["judges/grounding", "numbers", { response: fill("1 "), context: [fill("2 ")] }],
    ["judges/grounding", "opposites", { response: fill("unsafe. "), context: [fill("safe. ")] }],
    [
      "judges/grounding",
      "text without spaces",
      { response: "塔在巴黎".repeat(83_000), context: ["法国巴黎".repeat(83_000)] },
    ],
    [
      "judges/length-and-keywords",
      "a keyword that almost repeats",
      { response: fill("a"), criteria: { required_keywords: [`${"a".repeat(400_000)}b`] } },
    ],
    ["judges/coherence", "different words", { response: manyWords }],
    ["judges/coherence", "one word", { response: fill("a ") }],
    ["judges/coherence", "sentences that are the same", { response: fill("aa bb cc. ") }],
    ["judges/coherence", "sentences that differ late", { response: fill(`${"a ".repeat(500)}b. `) }],
    ["judges/coherence", "text without spaces", { response: "塔在巴黎".repeat(125_000) }],
    ["judges/coherence", "stops", { response: fill(".") }],
    [
      "judges/relevance",
      "different words",
      { prompt: manyWords.slice(0, 400_000), response: manyWords.slice(-500_000) },
    ],
    ["judges/relevance", "one word", { prompt: fill("a "), response: "a" }],
    [
      "judges/relevance",
      "a keyword that almost repeats",
      { response: fill("a"), criteria: { required_keywords: [`${"a".repeat(400_000)}b`] } },
    ],
    [
      "judges/json-schema",
      "numbers",
      { response: `[${fill("0,")}0]`, criteria: { schema: { uniqueItems: true } } },
    ],
    [
      "judges/json-schema",
      "three megabytes of escapes",
      { response: JSON.stringify('é\n"'.repeat(750_000)), criteria: { schema: { type: "string" } } },
    ],
    ["judges/json-schema", "brackets", { response: fill("["), criteria: { schema: true } }],
    [
      "judges/json-schema",
      "a text with a greedy pattern",
      { response: JSON.stringify(fill("a")), criteria: { schema: { pattern: "^(a|a)*(a*)*b$" } } },
    ],
    [
      "policies/value-score",
      "marks",
      { hook: "value.score", outcome: "success", query: fill("how to "), response: fill("`") },
    ],
    ["policies/route-by-complexity", "words", { hook: "route.decide", prompt: fill("fix a ") }],
    [
      "policies/cache-guard",
      "questions",
      { hook: "cache.serve", query: fill("a "), cachedQuery: fill("b "), similarity: 1 },
    ],
    ["policies/cache-guard", "an answer", { hook: "cache.admit", query: "why", response: fill("``` ") }],
  ];

  for (const [folder, what, input] of inputs) {
    test(`${folder} takes ${what} within its memory, in time that grows with it alone`, async () => {
      const { ok, report } = await call(folder, input);
      expect(ok).toBe(true);
      expect(report.durationMs).toBeLessThan(8_000);
    });
  }

  test("questions that are full of numbers, words or quotes stay within memory too", async () => {
    for (const piece of ["1 ", "1,", "-1 ", "Ab ", "a ", '"', "“", "not ", "@", "😀"]) {
      const query = piece.repeat(Math.floor(9_900 / piece.length));
      const input = { hook: "cache.serve", query, cachedQuery: `${query} x`, similarity: 1 };
      expect(await call("policies/cache-guard", input)).toMatchObject({ ok: true });
    }
  });

  test("items that are chosen to have one hash are compared only so long", async () => {
    const response = `[${Array.from({ length: 12_000 }, (_, i) => collidingPair(i)).join(",")}]`;
    const { ok, report } = await call("judges/json-schema", {
      response,
      criteria: { schema: { uniqueItems: true } },
    });
    expect(ok).toBe(true);
    expect(report.durationMs).toBeLessThan(8_000);
  });

  test("a schema that doubles its work forty times is given up", async () => {
    const doubled = Array.from({ length: 40 }, (_, i) => {
      const next = { $ref: `#/$defs/d${i + 1}` };
      return [`d${i}`, { allOf: [next, next] }] as const;
    });
    const schema = { $defs: { ...Object.fromEntries(doubled), d40: true }, $ref: "#/$defs/d0" };
    expect((await judge("judges/json-schema", { response: "1", criteria: { schema } })).verdict).toBe(
      "abstain",
    );
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** An array of two numbers whose hash, as the judge takes it, is that of every other such array. */
function collidingPair(i: number): string {
  const mask = (1n << 64n) - 1n;
  const prime = 0x100000001b3n;
  const mix = (hash: bigint, value: bigint) => {
    const mixed = ((hash ^ value) * prime) & mask;
    return mixed ^ (mixed >> 29n);
  };
  const inverse = 0xce965057aff6957bn;
  const unmix = (mixed: bigint, hash: bigint) => {
    const product = mixed ^ (mixed >> 29n) ^ (mixed >> 58n);
    return ((product * inverse) & mask) ^ hash;
  };
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, i + 0.5);
  const before = mix(5n, mix(1n, view.getBigUint64(0)));
  view.setBigUint64(0, unmix(unmix(1n << 60n, before), 1n));
  return JSON.stringify([i + 0.5, view.getFloat64(0)]);
}
