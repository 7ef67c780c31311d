import { afterAll, expect, test } from "bun:test";
import { createFakeLibrary, createRealEngine } from "../../testing/index.ts";
import { toJunit } from "./junit.ts";
import { parseStarter } from "./starter-suite.ts";
import { never, openSuites } from "./suite-fixture.ts";

const engine = await createRealEngine();
afterAll(() => engine.stop(AbortSignal.abort()));
const open = openSuites();

test("the starter suite passes on the model that is built in", async () => {
  const { suites } = open({
    models: ["hearth-demo"],
    deps: {
      engine,
      generate: (request, signal) => engine.generate(request, signal),
      library: createFakeLibrary({ names: ["hearth-demo"] }),
    },
  });
  const report = await suites.run(parseStarter(), { model: "hearth-demo" }, { signal: never });
  const failed = report.cases.filter(({ verdict }) => verdict !== "pass");
  expect(failed.map(({ name, outcomes }) => [name, outcomes[0]?.message, outcomes[0]?.answer])).toEqual([]);
  expect(report.result).toEqual({ verdict: "pass", reasons: [] });
  expect(report.summary.score).toMatchObject({ scored: true, value: 1 });
  expect(report.summary.completionTokens).toBeGreaterThan(50);
  expect(toJunit(report)).toContain('failures="0" errors="0"');
});
