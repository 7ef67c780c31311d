import { expect, test } from "bun:test";
import { AppError } from "../../../base/index.ts";
import type { JudgedText, Judgement } from "../judgement.ts";
import { toProbeBody } from "./probe-body.ts";
import { createScriptedDeps, say } from "./probe-fixture.ts";
import { parseToolScenario } from "./tool-scenario.ts";
import { type ComprehensiveOptions, validateComprehensively } from "./validate-comprehensively.ts";

const { signal } = new AbortController();
const noPlugins = () => Promise.reject(new AppError("server_error", "no plugin is needed here"));

function createJudge() {
  const judged: (JudgedText & { readonly answeredBy: string })[] = [];
  const judgeQuality: ComprehensiveOptions["judgeQuality"] = async (
    answer,
    { answeredBy },
  ): Promise<Judgement> => {
    judged.push({ ...answer, answeredBy });
    const message = "the answer is too short";
    return {
      ...{
        verdict: "warn",
        message,
        score: 0.5,
        unscored: [],
        suggestions: ["say more"],
        opinions: [],
        warnings: [],
      },
      violations: [{ rule: "min_response_length", severity: "warning", message }],
      metrics: { durationMs: 1, retryCount: 0, responseLength: answer.response.length, customMetrics: {} },
    };
  };
  return { judged, judgeQuality };
}

async function validate(changes: Partial<ComprehensiveOptions>) {
  const { deps, engine, clock } = createScriptedDeps(() => say("AI is a field."), {
    capabilities: { tools: true },
  });
  const { judged, judgeQuality } = createJudge();
  const work = validateComprehensively({ ...deps, plugins: noPlugins }, { judgeQuality, ...changes }, signal);
  return { engine, judged, results: await clock.run(work) };
}

const scenario = parseToolScenario({ prompt: "Hi.", tools: [{ name: "bash" }], expected: [] });

test("responsiveness and quality are always probed, quality by a prompt about AI", async () => {
  const { results, judged } = await validate({});
  expect(results.map(({ name }) => name)).toEqual(["responsiveness", "quality"]);
  expect(judged).toEqual([{ prompt: "explain AI", response: "AI is a field.", answeredBy: "fake-model" }]);
  expect(results[1]).toMatchObject({ verdict: "warn", metrics: { score: 0.5, response_length: 14 } });
});

test("tool calls and consistency are probed where they are given", async () => {
  const { results } = await validate({ scenarios: [scenario], consistency: { prompts: ["a"], answers: 2 } });
  expect(results.map(({ name }) => name)).toEqual([
    "responsiveness",
    "quality",
    "tool_calling",
    "consistency",
  ]);
  expect(results.map(({ verdict }) => verdict)).toEqual(["pass", "warn", "pass", "pass"]);
});

test("every probe asks the model of the request and no other", async () => {
  const consistency = { prompts: ["a"], answers: 2 };
  const { engine, judged } = await validate({ model: "other-model", scenarios: [scenario], consistency });
  expect(engine.requests.length).toBe(5);
  expect(new Set(engine.requests.map(({ model }) => model))).toEqual(new Set(["other-model"]));
  expect(judged[0]?.answeredBy).toBe("other-model");
});

test("a model that gives no answer fails its probes, and nothing is judged", async () => {
  const fail = new AppError("host_died", "The engine host died.");
  const { deps, clock } = createScriptedDeps(() => [{ fail }]);
  const { judged, judgeQuality } = createJudge();
  const work = validateComprehensively({ ...deps, plugins: noPlugins }, { judgeQuality }, signal);
  expect((await clock.run(work)).map(({ verdict }) => verdict)).toEqual(["fail", "fail"]);
  expect(judged).toEqual([]);
});

test("results on the wire have snake_case names and the triple of reason, score and pass", async () => {
  const { results } = await validate({ consistency: { prompts: ["a"], answers: 3 } });
  const [responsive, quality, consistency] = results.map(toProbeBody);
  expect(responsive).toMatchObject({
    name: "responsiveness",
    pass: true,
    score: null,
    metrics: { retry_count: 0 },
  });
  expect(quality).toMatchObject({
    pass: true,
    score: 0.5,
    reason: "the answer is too short",
    judgement: { score: 0.5 },
  });
  expect(consistency).toMatchObject({
    ...{ score: 1, metrics: { success_rate: 1 } },
    prompts: [
      {
        answered: 3,
        score: 1,
        legacy_C: 1,
        legacy_band: "ready",
        exact_match: 1,
        majority_rate: 1,
        embedder: "words",
      },
    ],
  });
  expect(JSON.parse(JSON.stringify(consistency))).toEqual(consistency);
});
