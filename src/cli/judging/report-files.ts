import { accessSync, constants, existsSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { AppError } from "../../base/index.ts";
import { UsageError } from "../usage-error.ts";

/** A report that cannot be written should be known of before hours of answers and not after them. Throws UsageError. */
export function requireWritable(paths: readonly string[]): void {
  for (const [index, path] of paths.entries()) {
    if (paths.findIndex((other) => resolve(other) === resolve(path)) < index) {
      throw new UsageError(`${path} is named twice; give each report a file of its own`);
    }
    const isThere = existsSync(path);
    if (isThere && statSync(path).isDirectory()) {
      throw new UsageError(`${path} is a folder; name a file in it`);
    }
    try {
      accessSync(isThere ? path : dirname(path), constants.W_OK);
    } catch (cause) {
      throw new UsageError(`${path} cannot be written; name a file in a folder that is there`, { cause });
    }
  }
}

/** Throws AppError with how to get the report again, which was made with some effort. */
export async function writeReport(path: string, text: string, again: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError("invalid_request", `${path} cannot be written: ${reason}; ${again}`, { cause });
  }
}
