import type { Template } from "./template.ts";

export const policyTemplate: Template = {
  manifest: {
    description: "Serves stored answers while they are fresh",
    hooks: ["cache.serve", "cache.admit"],
  },
  source: `import { CacheAdmitOutput, CacheServeOutput, Policy } from "hearth-sdk";

const maxAgeSeconds: f64 = 86400;

// One function for each hook that plugin.json names. AssemblyScript has no closures: they see constants such as the one
// above and their input, but no variables of \`decide\`.
export function decide(): i32 {
  return new Policy()
    .onCacheServe((input) => {
      const output = new CacheServeOutput();
      output.serve = input.similarity >= 0.95 && input.ageSeconds < maxAgeSeconds;
      output.reason = output.serve ? "similar and fresh" : "too different or too old";
      return output;
    })
    .onCacheAdmit((input) => {
      const output = new CacheAdmitOutput();
      output.admit = input.response.trim().length > 0;
      return output;
    })
    .run();
}
`,
  cases: `# \`hearth plugin test\` runs these. What \`expect\` does not name may be anything.
- name: a similar question is answered from the cache
  input: { hook: cache.serve, query: What is Rust?, cachedQuery: What's Rust?, similarity: 0.97 }
  expect: { serve: true }
- name: an old answer is not served
  input: { hook: cache.serve, query: a, cachedQuery: a, similarity: 1, ageSeconds: 100000 }
  expect: { serve: false, reason: too different or too old }
- name: an empty answer is not stored
  input: { hook: cache.admit, query: What is Rust?, response: "  " }
  expect: { admit: false }
`,
};
