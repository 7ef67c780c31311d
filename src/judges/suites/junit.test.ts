import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { RunError } from "../runs/run.ts";
import { toJunit } from "./junit.ts";
import type { Outcome } from "./outcome.ts";
import { toSuite } from "./parse-suite.ts";
import { createSuiteReport } from "./suite-report.ts";

function outcome(name: string, changes: Partial<Outcome> = {}): Outcome {
  return {
    ...{ case: name, repetition: 0, verdict: "pass", message: "fine", answer: "an answer", calls: [] },
    ...{ violations: [], unscored: [], suggestions: [], warnings: [], judges: { relevance: 0.5 } },
    ...{ durationMs: 1_500, promptTokens: 1, completionTokens: 2 },
    ...changes,
  };
}

async function write(
  outcomes: readonly Outcome[],
  { name = "suite", error }: { name?: string; error?: RunError } = {},
) {
  const suite = toSuite({ name, cases: [{ name: "a", prompt: "x" }] }, "suite.yaml");
  const status = error ? ("failed" as const) : ("completed" as const);
  const times = { createdAtMs: 0, updatedAtMs: 0, spec: {}, parts: [] };
  const run = {
    id: "run-1",
    kind: "suite" as const,
    name,
    model: "m",
    status,
    ...times,
    ...(error && { error }),
  };
  return toJunit(await createSuiteReport(run, { suite, seed: 1 }, outcomes, { consistency: {}, drift: [] }));
}

/** A parser of what is written here: tags that nest, attributes in double quotes, references by number. */
function parse(xml: string): { readonly tags: readonly string[]; readonly text: string } {
  const stack: string[] = [];
  const tags: string[] = [];
  let text = "";
  const token = /<(\/?)([\w-]+)((?: [\w-]+="[^"<&]*(?:&#\d+;[^"<&]*)*")*)(\/?)>|((?:[^<>&]|&#\d+;)+)/gy;
  const body = xml.replace(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n/, "");
  for (let match = token.exec(body); match; match = token.exec(body)) {
    const [, isEnd, tag = "", attributes = "", isEmpty, content = ""] = match;
    if (content) text += content;
    else if (isEnd) expect(stack.pop()).toBe(tag);
    else {
      tags.push(tag + attributes);
      if (!isEmpty) stack.push(tag);
    }
    if (token.lastIndex === body.length) {
      expect(stack).toEqual([]);
      return { tags, text };
    }
  }
  throw new Error(`this is no XML: ${body.slice(0, 500)}`);
}

describe("a report in JUnit's XML", () => {
  test("tells failures, errors and what was skipped apart, and counts them", async () => {
    const xml = await write([
      outcome("good"),
      outcome("bad", {
        ...{ verdict: "fail", message: "expected x" },
        violations: [{ rule: "expect.equals", severity: "failure", message: "expected x" }],
      }),
      outcome("mute", { verdict: "fail", error: { code: "generation_timeout", message: "too late" } }),
      outcome("open", { verdict: "abstain", message: "skipped: no tools" }),
    ]);
    const { tags } = parse(xml);
    expect(tags[0]).toBe('testsuites name="suite" tests="4" failures="1" errors="1" time="6.000"');
    expect(tags[1]).toContain('tests="4" failures="1" errors="1" skipped="1"');
    expect(tags).toContain('failure type="expect.equals" message="expected x"');
    expect(tags).toContain('error type="generation_timeout" message="too late"');
    expect(tags).toContain('skipped message="skipped: no tools"');
    expect(tags).toContain('property name="judge:relevance" value="0.5"');
    expect(tags.filter((tag) => tag.startsWith("testcase "))).toHaveLength(4);
  });

  test("numbers the answers of one case", async () => {
    const { tags } = parse(await write([outcome("a"), outcome("a", { repetition: 1 })]));
    expect(
      tags.filter((tag) => tag.startsWith("testcase ")).map((tag) => /name="(a[^"]*)"/.exec(tag)?.[1]),
    ).toEqual(["a #1", "a #2"]);
  });

  test("says that a run ended early, so that it cannot pass for a success", async () => {
    const { tags } = parse(await write([outcome("a")], { error: { code: "host_died", message: "it died" } }));
    expect(tags[0]).toContain('tests="2" failures="0" errors="1"');
    expect(tags).toContain('error type="host_died" message="it died"');
  });

  test("holds markup, control characters and halves of pairs without being broken by them", async () => {
    const answer = '</system-out><failure/> ]]> & "quotes" \u0000\u0008\u001b[2J\ud800 \ufffe\nline';
    const xml = await write([outcome('a"><x y="', { answer })], { name: "s\n\u0001&" });
    const { text } = parse(xml);
    expect(text).toContain(
      '&#60;/system-out&#62;&#60;failure/&#62; ]]&#62; &#38; "quotes" \ufffd\ufffd\ufffd[2J\ufffd \ufffd\nline',
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML cannot hold.
    expect(xml).not.toMatch(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/);
  });

  test("is well formed whatever models and authors write", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "binary" }),
        fc.string({ unit: "binary" }),
        async (answer, message) => {
          parse(await write([outcome(message, { answer, message, verdict: "fail" })], { name: "s" }));
        },
      ),
    );
  });
});
