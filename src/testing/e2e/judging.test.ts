import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { binaryPath, programCommand, startServe } from "../serve-process.ts";
import { createTemporaryFolder } from "../temporary-folder.ts";
import { post, readJson } from "./requests.ts";

setDefaultTimeout(120_000);

/** Where a program that was only copied runs: nothing beside it, nothing in its environment. */
const folder = createTemporaryFolder();
const binary = binaryPath();
const program = binary === undefined ? programCommand() : [folder.file("hearth")];
if (binary !== undefined) copyFileSync(binary, folder.file("hearth"));
afterAll(() => folder[Symbol.dispose]());

async function hearth(...argv: readonly string[]) {
  const child = Bun.spawn([...program, ...argv], {
    cwd: folder.path,
    env: { HEARTH_HOME: folder.file("home"), HEARTH_DISCOVER: "off" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [output, errors] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  return { output, errors, code: await child.exited };
}

function write(name: string, text: string): string {
  writeFileSync(folder.file(name), text);
  return name;
}

describe("hearth judge", () => {
  test("passes the starter suite on the built-in model, with a report for CI", async () => {
    const { code, output } = await hearth("judge", "hearth-demo", "--junit", "report.xml");
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining("8 of 8 answers passed") });
    expect(readFileSync(folder.file("report.xml"), "utf8")).toContain('<testsuite name="starter" tests="8"');
  });

  test("ends with code 1 below the bar, and tells which answer broke what", async () => {
    const suite = write(
      "suite.yaml",
      `name: gate
cases:
  - name: knows itself
    prompt: Who are you?
    criteria: { preset: none, required_keywords: [Hearth] }
  - name: cannot know this
    prompt: Who are you?
    criteria: { preset: none, required_keywords: [zebra] }
    expect: { contains: zebra }
`,
    );
    const { code, output } = await hearth("judge", "hearth-demo", "--suite", suite, "--json");
    expect(code).toBe(1);
    const { verdict, summary } = JSON.parse(output);
    expect({ verdict, summary }).toMatchObject({ verdict: "fail", summary: { answers: 2, passed: 1 } });
    expect(output).toContain("zebra");
  });

  test.each([
    ["cases: []\nname: empty\n", "cases"],
    ["name: a\ncases: [{ name: b, prompt: c, criteria: { mood: 1 } }]\n", "cases[0].criteria.mood"],
    ["name: a\ncases: [{ name: b, prompt: c, criteria: { judges: [nobody] } }]\n", "nobody"],
    [
      "name: a\ncases: [{ name: b, prompt: c, criteria: { min_coherence_score: 2 } }]\n",
      "cases[0].criteria.min_coherence_score",
    ],
  ])("refuses %j as wrong usage that names the place", async (text, place) => {
    const { code, output, errors } = await hearth("judge", "hearth-demo", "--suite", write("bad.yaml", text));
    expect({ code, output }).toEqual({ code: 2, output: "" });
    expect(errors).toContain(place);
  });
});

describe("hearth analyze", () => {
  test("tells how sure the model was of each token", async () => {
    const { code, output } = await hearth(
      "analyze",
      "hearth-demo",
      "Who are you?",
      "--temperature",
      "0",
      "--json",
    );
    expect(code).toBe(0);
    const record = JSON.parse(output);
    expect(record.generated_text).toContain("Hearth");
    expect(record.perplexity).toBeWithin(1, 1.5);
    expect(record.metrics).toHaveLength(record.tokens);
    expect(record.legacy.avg_perplexity).toBeWithin(1, 2);
  });

  test("scores a text in the windows of llama-perplexity", async () => {
    const words = Array.from({ length: 400 }, (_, index) => `The model number ${index} was pulled.`);
    const text = write("text.txt", words.join(" "));
    const { code, output } = await hearth("analyze", "hearth-demo", "--text", text, "--ctx", "128", "--json");
    expect(code).toBe(0);
    const { perplexity, tokens, windows } = JSON.parse(output);
    expect(windows).toBe(Math.floor(tokens / 128));
    expect(perplexity).toBeGreaterThan(1);
  });

  test.each([
    ["Who are you?", 0],
    ["Name three colors", 1],
  ])("gates the answer to %j with code %d", async (prompt, expected) => {
    const flags = ["--temperature", "2", "--seed", "1", "--gate"];
    const { code, output } = await hearth("analyze", "hearth-demo", prompt, ...flags);
    expect({ code, output }).toEqual({ code: expected, output: expect.stringContaining("gate:") });
  });
});

describe("hearth coordinate", () => {
  test("measures a debate and writes a report that a person can read", async () => {
    const { code, output } = await hearth(
      ...(["coordinate", "Who are you?", "--agents", "2", "--strategy", "debate", "--repeats", "2"] as const),
      ...([
        "--reference",
        "I am the small demo model built into Hearth.",
        "--report",
        "report.html",
      ] as const),
    );
    expect(code).toBe(0);
    expect(output).toContain("gamma");
    expect(readFileSync(folder.file("report.html"), "utf8")).toContain("<svg");
  });

  test("is refused before a budget is exceeded", async () => {
    const { code, errors } = await hearth(
      "coordinate",
      "Who are you?",
      "--agents",
      "3",
      "--budget-calls",
      "2",
    );
    expect(code).toBe(1);
    expect(errors).toContain("budget");
  });
});

test("a served chat carries verdict and confidence, and runs are kept", async () => {
  await using server = await startServe(["--model", "hearth-demo"]);
  const messages = [{ role: "user", content: "Who are you?" }];
  const hearthField = { criteria: { required_keywords: ["Hearth"] }, trajectory: true };
  const body = { model: "hearth-demo", messages, temperature: 0, hearth: hearthField };
  const answer = await readJson<{ readonly choices: readonly { readonly hearth: object }[] }>(
    await post(`${server.url}/v1/chat/completions`, body),
  );
  expect(answer.choices[0]?.hearth).toMatchObject({
    judgement: { verdict: "pass" },
    trajectory: { gate: { advisory: true } },
  });
  const streamed = await post(`${server.url}/v1/judge/runs`, { model: "hearth-demo", stream: true });
  const frames = (await streamed.text()).trim().split("\n\n");
  expect(frames.at(-1)).toBe("data: [DONE]");
  expect(frames.at(-2)).toStartWith("event: result");
  const listed = await readJson<{ readonly runs: readonly { readonly status: string }[] }>(
    await fetch(`${server.url}/v1/judge/runs`),
  );
  expect(listed.runs).toMatchObject([{ status: "completed" }]);
});
