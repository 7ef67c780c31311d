import { type ErrorCode, toAppError } from "../../base/index.ts";
import { type Clock, retryPresets, withRetry } from "../../resilience/index.ts";
import type { AttachFile } from "../files/attach-file.ts";
import type { SkipReason } from "../indexing/index-types.ts";
import type { BatchFileEnd, BatchFileError, NextFile } from "./file-batch.ts";

/** Of why a file failed. */
const maxMessageCharacters = 1_000;
const unsupported: ReadonlySet<SkipReason> = new Set(["binary", "not_a_file"]);
/** The file is at fault, or is gone. */
const faultOfFile: ReadonlySet<ErrorCode> = new Set([
  ...(["not_found", "invalid_request", "context_limit_exceeded", "body_too_large"] as const),
]);

export type TakeFileDeps = {
  readonly attach: AttachFile;
  readonly clock: Clock;
  readonly random: () => number;
};

/** Puts a file into its collection and tells what became of it; what passes by itself is tried again a few times. */
export async function takeFile(
  { attach, clock, random }: TakeFileDeps,
  file: NextFile,
  signal: AbortSignal,
): Promise<BatchFileEnd> {
  try {
    const preset = retryPresets.default;
    const attached = await withRetry(() => attach(file, signal), { preset, clock, random, signal });
    if (!("skipped" in attached)) return { status: "completed" };
    const code = unsupported.has(attached.skipped) ? "unsupported_file" : "invalid_file";
    return toFailed(code, `${attached.filename} cannot be searched: ${attached.reason}`);
  } catch (error) {
    const { code, message } = toAppError(error);
    return toFailed(faultOfFile.has(code) ? "invalid_file" : "server_error", message);
  }
}

function toFailed(code: BatchFileError["code"], message: string): BatchFileEnd {
  return { status: "failed", error: { code, message: message.slice(0, maxMessageCharacters) } };
}
