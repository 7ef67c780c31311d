import { expect, test } from "bun:test";
import { createRealEngine } from "../../../testing/index.ts";
import type { JudgeDeps } from "../../deps.ts";
import { createValidation } from "../validation.ts";
import { createRealDeps, openRealPlugins } from "./probe-fixture.ts";
import { parseProbeSpec } from "./probe-spec.ts";
import { createProbes } from "./probes.ts";

const { signal } = new AbortController();
const weather = {
  name: "get_weather",
  description: "Get the weather of a city",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

test("the built-in model passes its probes, judged by real plugins, and fails criteria that it cannot meet", async () => {
  const engine = await createRealEngine();
  await using opened = openRealPlugins();
  try {
    const database = () => Promise.reject(new Error("probes store nothing"));
    const deps: JudgeDeps = { ...createRealDeps(engine), ...{ engine, database, plugins: opened.plugins } };
    const probes = createProbes(deps, createValidation(deps));
    const prompt = "What's the weather like in Oslo right now?";
    const expected = [{ name: "get_weather", arguments: { city: "Oslo" } }];
    const given = {
      prompt: "Who are you?",
      scenarios: [{ prompt, tools: [weather], expected }],
      consistency: { prompts: ["Reply with exactly: pong-42"], answers: 2, temperature: 0 },
    };
    const lenient = { min_coherence_score: 0, min_relevance_score: 0 };
    const results = await probes.probe(parseProbeSpec({ ...given, criteria: lenient }), signal);
    expect(results.map(({ name, verdict }) => [name, verdict])).toEqual([
      ["responsiveness", "pass"],
      ["quality", "pass"],
      ["tool_calling", "pass"],
      ["consistency", "pass"],
    ]);
    const strict = parseProbeSpec({ prompt: "Who are you?", criteria: { min_response_length: 5_000 } });
    const [, quality] = await probes.probe(strict, signal);
    expect(quality?.verdict).toBe("fail");
    expect(quality?.violations.map(({ rule }) => rule)).toContain("min_response_length");
    const unknown = parseProbeSpec({ criteria: { custom_validators: ["nobody"] } });
    expect(await probes.probe(unknown, signal).catch((error) => error.code)).toBe("invalid_request");
  } finally {
    await engine.stop(AbortSignal.timeout(5_000));
  }
});
