import type { Template } from "./template.ts";

export const judgeTemplate: Template = {
  manifest: { description: "Fails answers that are empty or too long" },
  source: `import { fail, pass, runJudge } from "hearth-sdk";

// AssemblyScript has no closures: the function given here cannot use variables of the one around it.
export function judge(): i32 {
  return runJudge((input) => {
    const most = input.criteria.get("maxCharacters").asInteger(500);
    const length = input.response.length;
    if (length == 0) return fail("the answer is empty").withScore(0);
    if (length > most) {
      return fail(\`the answer has \${length} characters, \${most} are allowed\`)
        .withScore(f64(most) / f64(length))
        .withMetric("characters", length);
    }
    return pass().withScore(1).withMetric("characters", length);
  });
}
`,
  cases: `# \`hearth plugin test\` runs these. What \`expect\` does not name may be anything.
- name: a short answer passes
  input: { prompt: What is the capital of France?, response: Paris. }
  expect: { verdict: pass, score: 1, metrics: { characters: 6 } }
- name: an empty answer fails
  input: { response: "" }
  expect: { verdict: fail, score: 0, reasons: [the answer is empty] }
- name: whoever asks can set the length
  input: { response: Paris., criteria: { maxCharacters: 3 } }
  expect: { verdict: fail, score: 0.5 }
- name: an input without a response is refused before the judge sees it
  input: { prompt: Hello? }
  error: input_invalid
`,
};
