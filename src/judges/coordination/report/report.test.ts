import { describe, expect, test } from "bun:test";
import { openCoordination, specOf } from "../coordination-fixture.ts";
import type { CoordinationResult } from "../result.ts";
import { toResultBody } from "../result-body.ts";
import { toHtml } from "./html.ts";
import { toMarkdown } from "./markdown.ts";
import { listMeasures, toVerdict } from "./measures.ts";

const { signal } = new AbortController();

async function measure(
  says: string,
  fields: object = {},
  score: number | string = 8,
): Promise<CoordinationResult> {
  await using opened = await openCoordination({ says: () => says, judges: () => score });
  const { result } = await opened.coordination.measure(specOf({ num_agents: 2, seed: 1, ...fields }), {
    signal,
  });
  if (!result) throw new Error("the measurement gave no result");
  return result;
}

describe("the body", () => {
  test("has the names of the result object, with what is derived", async () => {
    const body = toResultBody(
      await measure("yes", { repeats: 5, strategy: "parallel", compute_matched: true }),
    );
    expect(body).toMatchObject({
      ...{ gamma: 1, omega: 0, emergence_gap: 0, consensus_rate: 1, baseline_quality: 0.8 },
      ...{ coordinated_quality: 0.8, best_individual_quality: 0.8, coordinated_response: "yes" },
      ...{
        task: "How high is Mont Blanc?",
        num_agents: 2,
        strategy: "parallel",
        timestamp: expect.any(String),
      },
      ...{
        coordination_effective: false,
        emergence_detected: false,
        gamma_defined: true,
        gamma_label: "none",
      },
      legacy: { is_coordination_effective: false, has_emergence: false },
      gamma_ci: { low: 1, high: 1, level: 0.95, resamples: 2000, seed: 1, repeats: 5 },
      ...{ gamma_compute_matched: 1, repeats: 5, pairs_failed: 0, unscored: [] },
      calls: { baseline: 10, coordinated: 15 },
    });
    expect(body.agent_responses).toContainEqual(
      expect.objectContaining({ agent_id: "aggregator", response: "yes", timestamp: expect.any(String) }),
    );
  });

  test("tells omega under both of its names, and the earlier bars without intervals", async () => {
    await using opened = await openCoordination({
      says: ({ input }) => (JSON.stringify(input).includes("Several agents") ? "team" : "alone"),
      judges: (material) => (material.includes("Answer: team") ? 9 : 6),
    });
    const spec = specOf({ num_agents: 2, seed: 1, strategy: "parallel" });
    const { result } = await opened.coordination.measure(spec, { signal });
    expect(result && toResultBody(result)).toMatchObject({
      ...{ gamma: expect.closeTo(1.5, 10), omega: expect.closeTo(0.3, 10) },
      emergence_gap: expect.closeTo(0.3, 10),
      ...{ coordination_effective: null, emergence_detected: null },
      legacy: { is_coordination_effective: true, has_emergence: true },
    });
  });

  test("has null and no number for what was not measured", async () => {
    const body = toResultBody(await measure("yes", {}, "no JSON"));
    expect(body).toMatchObject({ gamma: null, omega: null, gamma_ci: null, coordination_effective: null });
    expect(JSON.stringify(body)).not.toContain("NaN");
    const single = toResultBody(await measure("yes"));
    expect(single).toMatchObject({
      gamma: 1,
      gamma_ci: null,
      coordination_effective: null,
      emergence_detected: null,
    });
  });
});

const hostile = '</pre><script>alert(1)</script>\n```\n# Heading\n| a | <img src=x onerror="alert(1)">';

describe("what a model says", () => {
  test("cannot become an element of the page, nor reach the network from it", async () => {
    const html = toHtml(await measure(hostile, { task: hostile, criteria: ["<b>depth</b>"] }));
    expect(html).not.toMatch(/<script|<img|onerror="/);
    expect(html).toContain("&lt;/pre&gt;&lt;script&gt;");
    expect(html).toContain("Content-Security-Policy");
    expect(html).not.toMatch(/<[^>]*(src|href)=/);
  });

  test("has no control characters left that a terminal would obey", async () => {
    const result = await measure("red\u001b[31m\u0000\u009b2J\r\nnext\tline");
    for (const text of [toMarkdown(result), toHtml(result)]) {
      expect(text).toContain("red\ufffd[31m\ufffd\ufffd2J\nnext\tline");
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
      expect(text).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
    }
  });

  test("may be nothing but ticks, and as long as it likes", async () => {
    const result = await measure("yes");
    expect(toMarkdown({ ...result, finalAnswer: "` ".repeat(500_000) })).toContain("\n```text\n` ` ");
  });

  test("cannot end its block in Markdown", async () => {
    const markdown = toMarkdown(await measure(hostile));
    const [, fence = ""] = /## Final answer\n\n(`+)text\n/.exec(markdown) ?? [];
    expect(fence).toBe("````");
    expect(markdown.split(`\n${fence}\n`).length).toBeGreaterThan(2);
  });
});

describe("the report", () => {
  test("shows both arms: qualities, intervals, calls and tokens", async () => {
    const html = toHtml(await measure("yes", { repeats: 5, compute_matched: true }));
    expect(html.match(/<svg /g)).toHaveLength(3);
    expect(html.match(/class="team" cx=/g)).toHaveLength(5 + 2);
    expect(html.match(/class="alone" cx=/g)).toHaveLength(10);
    expect(html).toContain("calls, alone");
  });

  test("of a judge that always failed has no chart of gamma and says why", async () => {
    const result = await measure("yes", {}, "no JSON");
    expect(toHtml(result).match(/<svg /g)).toHaveLength(2);
    expect(toMarkdown(result)).toContain("Nothing can be said of the effect");
  });

  test("calls nothing effective that was measured once", async () => {
    const result = await measure("yes");
    expect(toVerdict(result)).toContain("fewer than 5 repeats");
    expect(listMeasures(result).find(({ name }) => name === "gamma")?.value).toBe("1");
  });
});
