import { afterAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { createFakeCli, createFakeIo, createTemporaryFolder } from "../../testing/index.ts";
import { runCli } from "../run-cli.ts";

const folder = createTemporaryFolder();
afterAll(() => folder[Symbol.dispose]());

async function probe(argv: readonly string[], says = "A machine that learns from examples.") {
  const world = createFakeIo({ stdoutIsTTY: false, stderrIsTTY: false });
  const environment = { HEARTH_HOME: folder.file("home") };
  const cli = createFakeCli(world, { environment, script: () => [{ text: says }] });
  const code = await runCli(["judge", ...argv], cli.deps);
  return { code, output: world.output(), errors: world.errors(), requests: cli.engine.requests };
}

function writeSpec(text: string): string {
  const path = folder.file("probe.yaml");
  writeFileSync(path, text);
  return path;
}

test("a model that answers well passes, with a line for each probe", async () => {
  const { code, output } = await probe(["hearth-demo", "--probe"]);
  expect(code).toBe(0);
  expect(output).toMatch(/^PROBE +VERDICT +SECONDS\nresponsiveness +pass +\d/);
  expect(output).toContain("\nquality ");
});

test("one that says too little ends with code 1, and what is wrong is told", async () => {
  const { code, output } = await probe(["hearth-demo", "--probe"], "no");
  expect(code).toBe(1);
  expect(output).toContain("the answer has 2 characters, fewer than 10");
});

test("a file says what is probed, and the answers can be read by machines", async () => {
  const path = writeSpec("prompt: Who?\nconsistency: { prompts: [Where?], answers: 2 }\n");
  const { code, output, requests } = await probe(["hearth-demo", "--probe", path, "--json"]);
  expect(code).toBe(0);
  const results: readonly { readonly name: string }[] = JSON.parse(output);
  expect(results.map(({ name }) => name)).toEqual(["responsiveness", "quality", "consistency"]);
  const asked = requests.flatMap(({ input }) => (input.type === "chat" ? input.messages : []));
  expect(asked.filter(({ content }) => content === "Where?")).toHaveLength(2);
});

test.each([
  ["a wrong field", "mood: good\n", "mood"],
  ["no YAML", "a: [", "cannot be read"],
])("%s in the file is wrong usage that names it", async (_, text, named) => {
  const path = writeSpec(text);
  const { code, errors, requests } = await probe(["hearth-demo", "--probe", path]);
  expect(code).toBe(2);
  expect(errors).toContain(path);
  expect(errors).toContain(named);
  expect(requests).toEqual([]);
});

test("what is said of suites does not go with it", async () => {
  const { code, errors } = await probe(["hearth-demo", "--probe", "--junit", "x.xml"]);
  expect(code).toBe(2);
  expect(errors).toContain("--junit");
});
