/** What an error of llama.cpp says, without the names of its functions and each line once. */
export function readableReason(error: unknown): string {
  return readableLog(error instanceof Error ? error.message : String(error));
}

function readableLog(log: string): string {
  const lines = log
    .split("\n")
    .map((line) =>
      line.replace(/^(\w+: )+(error loading model: |failed to apply lora adapter: )?/, "").trim(),
    );
  const telling = lines.filter((line) => line !== "" && !line.includes("failed to load model"));
  return [...new Set(telling)].join("; ") || "llama.cpp gave no reason";
}
