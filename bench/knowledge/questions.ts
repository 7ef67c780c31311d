export type Question = {
  readonly text: string;
  /** Any of these files of the repository answers it. */
  readonly files: readonly string[];
};

/** What somebody new to this repository asks, and where the answer stands. */
export const questions: readonly Question[] = [
  ask("where does a circuit breaker let a few calls through to probe", "src/resilience/breaker.ts"),
  ask(
    "how long does a failed call wait before it is tried again",
    "src/resilience/retry.ts",
    "src/resilience/decide.ts",
  ),
  ask(
    "how is the number of requests a second limited for each API key",
    "src/app/rate-limit.ts",
    "src/resilience/rate-limiter.ts",
    "src/server/rate-limit.ts",
  ),
  ask(
    "what stops calls to paid models once an hour's money is spent",
    "src/resilience/cost-limit.ts",
    "src/coordinator/routing/spending.ts",
  ),
  ask("which HTTP status does each error code have", "src/base/errors.ts"),
  ask(
    "how are the native libraries unpacked beside each other",
    "src/base/assets.ts",
    "src/engine/embedded-libraries.ts",
    "src/engine/libraries.ts",
  ),
  ask(
    "how is a private network address told from a public one",
    "src/base/classify-address.ts",
    "src/base/address-table.ts",
  ),
  ask(
    "which model leaves memory when another one needs room",
    "src/models/residency/eviction-plan.ts",
    "src/models/residency/residency.ts",
    "README.md",
  ),
  ask(
    "how are prompts that begin alike evaluated once",
    "src/engine/host/prefix-tree.ts",
    "src/engine/host/prefix-forest.ts",
  ),
  ask("which sequence gets the next batch of tokens", "src/engine/host/scheduler.ts"),
  ask("how many layers are put on the GPU", "src/engine/host/placement.ts"),
  ask(
    "what happens when the process of a model dies",
    "src/process/supervisor.ts",
    "src/process/exit-errors.ts",
    "src/engine/model-host.ts",
    "README.md",
  ),
  ask(
    "how is a GGUF header read",
    "src/models/gguf/read-header.ts",
    "src/models/gguf/read-file-header.ts",
    "src/models/gguf/header.ts",
  ),
  ask(
    "how does a download go on where it was stopped",
    "src/models/pull/download-blob.ts",
    "src/models/blobs/piece-journal.ts",
    "src/models/blobs/part.ts",
  ),
  ask("which file of a Hugging Face repository is chosen", "src/models/pull/choose-files.ts", "README.md"),
  ask("where are LoRA adapters applied in the C++ shim", "native/shim/adapters.cpp"),
  ask("how is a token drawn from the logits", "native/shim/draw.cpp", "native/shim/sampler.cpp"),
  ask("which version of llama.cpp is this built with", "native/versions.ts"),
  ask("how is the compiled executable made", "native/compile.ts"),
  ask(
    "at which similarity may a stored answer be served",
    "src/coordinator/cache/threshold.ts",
    "src/coordinator/cache/learnt-thresholds.ts",
  ),
  ask("Clopper-Pearson interval of a share", "src/coordinator/cache/binomial-bound.ts"),
  ask("what makes two requests the same for the cache", "src/coordinator/cache/fingerprint.ts"),
  ask(
    "how does a stream go on at another upstream after it broke off",
    "src/coordinator/routing/continuation.ts",
    "src/coordinator/routing/carry-out.ts",
  ),
  ask(
    "how is the bar for escalation to a larger model calibrated",
    "src/coordinator/routing/calibrate.ts",
    "src/coordinator/routing/calibration-curve.ts",
  ),
  ask(
    "when is an interaction turned into a reusable pattern",
    "src/coordinator/learning/extract-pattern.ts",
    "src/coordinator/learning/pattern-queue.ts",
  ),
  ask("how are tokens saved estimated against what would have been", "src/coordinator/learning/savings.ts"),
  ask(
    "how are near duplicates removed from the training data",
    "src/coordinator/dataset/likeness.ts",
    "src/coordinator/dataset/group-rows.ts",
    "src/coordinator/dataset/dataset.ts",
  ),
  ask("how are ranks of words and vectors fused", "src/knowledge/search/fuse.ts"),
  ask("how is Markdown cut into chunks at headings", "src/knowledge/indexing/chunking/markdown-outline.ts"),
  ask("what happens with a PDF that never finishes parsing", "src/knowledge/indexing/readers/pdf-reader.ts"),
  ask(
    "how are files that git ignores left out of the index",
    "src/knowledge/indexing/sources/git-files.ts",
    "src/knowledge/indexing/sources/walk-folder.ts",
  ),
  ask(
    "how is the check digit of an NHS number computed",
    "plugins/judges/pii/assembly/nhs-numbers.ts",
    "plugins/judges/pii/assembly/checksums.ts",
  ),
  ask(
    "Luhn check of card numbers",
    "plugins/judges/pii/assembly/checksums.ts",
    "plugins/judges/pii/assembly/cards.ts",
  ),
  ask(
    "how does the cache guard notice a negation",
    "plugins/policies/cache-guard/assembly/sense.ts",
    "plugins/policies/cache-guard/README.md",
    "plugins/policies/cache-guard/assembly/lexicon.ts",
  ),
  ask(
    "which words make a task complex enough for a larger model",
    "plugins/policies/route-by-complexity/assembly/words.ts",
    "plugins/policies/route-by-complexity/assembly/task.ts",
    "plugins/policies/route-by-complexity/assembly/rules.ts",
  ),
  ask("how do I write my own judge", "plugins/README.md"),
  ask("how does a plugin ask for HTTP access", "plugins/README.md", "plugins/sdk/http.ts"),
  ask(
    "how is a plugin stopped that loops for ever",
    "src/plugin-host/deadlines.ts",
    "src/plugin-host/pool.ts",
    "src/plugin-host/host-slot.ts",
    "plugins/README.md",
  ),
  ask("detect a change in the distribution of scores with adaptive windows", "src/judges/drift/adwin.ts"),
  ask("confidence interval by resampling", "src/judges/statistics/bootstrap.ts"),
  ask("how are test results written as JUnit XML", "src/judges/suites/junit.ts"),
  ask(
    "what does gamma say about agents that work together",
    "src/judges/coordination/effect.ts",
    "src/judges/coordination/control.ts",
  ),
];

function ask(text: string, ...files: readonly string[]): Question {
  return { text, files };
}
