import { AppError } from "../../base/index.ts";
import { openFileSource } from "../gguf/byte-source.ts";

/** The text of a regular file of at most `maxBytes`; throws AppError for anything else. */
export function readText(path: string, maxBytes: number): string {
  using source = openFileSource(path);
  if (source.sizeBytes > maxBytes) {
    throw new AppError("invalid_request", `${path} has ${source.sizeBytes} bytes, more than ${maxBytes}`);
  }
  return new TextDecoder().decode(source.read(0, source.sizeBytes, source.sizeBytes));
}

/** The same; undefined where the file is absent or unfit. */
export function readSmallText(path: string, maxBytes: number): string | undefined {
  try {
    return readText(path, maxBytes);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
