import { expect, test } from "bun:test";
import { parseProbeSpec } from "./probe-spec.ts";

test("nothing given is a probe of the configured model with all defaults", () => {
  const spec = parseProbeSpec({});
  expect(spec).toMatchObject({ scenarios: [], config: { maxRetries: 3 } });
  expect(spec.criteria.minResponseLength).toBe(10);
  expect("model" in spec || "consistency" in spec).toBe(false);
});

test("all fields arrive under their names", () => {
  const scenario = { prompt: "Hi.", tools: [{ name: "bash" }], expected: [] };
  const consistency = { prompts: ["q"], answers: 3, kind: "closed", max_tokens: 5, min_consistency: 0.5 };
  const spec = parseProbeSpec({
    ...{ model: "m", judge_model: "j", prompt: "p", max_tokens: 9, max_latency_ms: 7 },
    ...{
      criteria: { min_response_length: 1 },
      scenarios: [scenario],
      consistency,
      config: { max_retries: 0 },
    },
  });
  expect(spec).toMatchObject({
    ...{ model: "m", judgeModel: "j", qualityPrompt: "p", maxTokens: 9, thresholdMs: 7 },
    ...{ criteria: { minResponseLength: 1 }, scenarios: [{ prompt: "Hi." }], config: { maxRetries: 0 } },
    consistency: { prompts: ["q"], answers: 3, kind: "closed", maxTokens: 5, limits: { consistency: 0.5 } },
  });
});

test.each([
  [{ modell: "m" }, "modell"],
  [{ criteria: { min_length: 1 } }, "probe.criteria"],
  [{ scenarios: [{}] }, "probe.scenarios.0."],
  [{ consistency: { prompts: [] } }, "probe.consistency.prompts: expected 1 to 100"],
  [{ consistency: { prompts: ["q"], answers: 1 } }, "probe.consistency.answers"],
  [{ consistency: { prompts: ["q"], min_consistency: 2 } }, "probe.consistency.min_consistency"],
  [{ config: { max_retries: -1 } }, "probe.config.max_retries"],
])("%j is refused by its field", (value, message) => {
  expect(() => parseProbeSpec(value)).toThrow(message);
});
