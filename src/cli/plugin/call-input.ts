import { createReadStream } from "node:fs";
import { limitTable, PluginFailure } from "../../plugin-host/index.ts";
import { type CliIo, readAllBytes } from "../io.ts";

const maxInputBytes = limitTable.inputBytes.most;

/**
 * The input of a call: parsed where it must be JSON, as it is otherwise. `-` is what is piped in; nothing given is `{}`,
 * or no text. Throws PluginFailure input_invalid or input_too_large.
 */
export async function readCallInput(
  io: CliIo,
  source: string | undefined,
  { isJson, signal }: { readonly isJson: boolean; readonly signal: AbortSignal },
): Promise<unknown> {
  if (source === undefined) return isJson ? {} : "";
  const bytes = await readBytes(io, source, signal);
  if (bytes === undefined) {
    throw new PluginFailure("input_too_large", `the input has more than ${maxInputBytes} bytes`);
  }
  return isJson ? parseInput(bytes) : new Uint8Array(bytes);
}

async function readBytes(io: CliIo, source: string, signal: AbortSignal): Promise<Buffer | undefined> {
  signal.throwIfAborted();
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  try {
    const stream = source === "-" ? io.stdin : createReadStream(source);
    return await Promise.race([readAllBytes(stream, maxInputBytes), stopped]);
  } catch (cause) {
    if (signal.aborted) throw cause;
    const message = `the input ${source} cannot be read; give a file, or - for what is piped in`;
    throw new PluginFailure("input_invalid", message, { cause });
  }
}

function parseInput(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new PluginFailure("input_invalid", "the input is not JSON in UTF-8", { cause });
  }
}
