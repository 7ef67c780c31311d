import { createReadStream } from "node:fs";
import { maxTextBytes } from "../../judges/index.ts";
import { type CliIo, readAllBytes } from "../io.ts";
import { UsageError } from "../usage-error.ts";

/** A text file, or what is piped in for `-`, without the line break at its end. Throws UsageError. */
export async function readInputText(io: CliIo, file: string): Promise<string> {
  const stream = file === "-" ? io.stdin : createReadStream(file);
  const bytes = await readAllBytes(stream, maxTextBytes).catch((cause: unknown) => {
    throw new UsageError(`${file} cannot be read; name a text file, or - for what is piped in`, { cause });
  });
  if (bytes === undefined) {
    throw new UsageError(`${file} has more than ${maxTextBytes} bytes; give a part of it`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\n$/, "");
  } catch (cause) {
    throw new UsageError(`${file} is no text in UTF-8`, { cause });
  }
}
