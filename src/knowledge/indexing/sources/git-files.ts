import { AppError } from "../../../base/index.ts";
import { isInner, type ListedEntry, maxEntries } from "./listing.ts";

const maxGitMs = 120_000;
const maxPathBytes = 16_384;
/**
 * A repository's own configuration can name a program that git starts to list files; somebody else's repository is
 * listed without it.
 */
const safely: readonly string[] = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"];

/** Whether git is here and a folder belongs to a work tree that does not ignore it. */
export async function isWorkTree(folder: string): Promise<boolean> {
  try {
    const inside = await run(folder, ["rev-parse", "--is-inside-work-tree"]);
    if (inside.code !== 0 || inside.output.trim() !== "true") return false;
    const ignored = await run(folder, ["check-ignore", "-q", "--", folder]);
    return ignored.code !== 0;
  } catch {
    // There is no git: the folder is walked.
    return false;
  }
}

/** What git tracks or would track below a folder, as paths from it. Throws AppError server_error where git fails. */
export async function* listGitFiles(folder: string, signal: AbortSignal): AsyncGenerator<ListedEntry> {
  const { output } = await run(folder, ["ls-files", "-d", "-z"]);
  const deleted = new Set(output.split("\0"));
  const git = start(folder, ["ls-files", "-co", "--exclude-standard", "--deduplicate", "-z"]);
  let count = 0;
  try {
    for await (const path of splitNul(git.stdout)) {
      signal.throwIfAborted();
      if (deleted.has(path) || !isInner(path)) continue;
      if (++count > maxEntries) throw new AppError("invalid_request", tooMany(folder));
      // A repository inside this one, which git does not look into.
      if (path.endsWith("/")) {
        const detail = "it is a repository of its own; index it by its path";
        yield { type: "skipped", source: path, reason: "not_a_file", detail };
      } else yield { type: "file", source: path };
    }
    if ((await git.exited) === 0) return;
    const said = (await git.stderr.text()).trim().slice(0, 500);
    throw new AppError("server_error", `git could not list ${folder}: ${said || "it was ended"}`);
  } finally {
    git.kill("SIGKILL");
  }
}

export function tooMany(folder: string): string {
  return `${folder} holds more than ${maxEntries} files; index folders inside it, or leave some out with exclude`;
}

function start(folder: string, argv: readonly string[]) {
  return Bun.spawn(["git", "-C", folder, ...safely, ...argv], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: maxGitMs,
    killSignal: "SIGKILL",
  });
}

async function run(folder: string, argv: readonly string[]) {
  const git = start(folder, argv);
  const output = await git.stdout.text();
  return { output, code: await git.exited };
}

async function* splitNul(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    const parts = (rest + decoder.decode(bytes, { stream: true })).split("\0");
    rest = parts.pop() ?? "";
    if (rest.length > maxPathBytes) throw new AppError("server_error", "git listed a path that has no end");
    yield* parts;
  }
  if (rest !== "") yield rest;
}
