import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type TemporaryFolder = Disposable & {
  readonly path: string;
  /** A path inside the folder. */
  file(...parts: string[]): string;
};

/** A new folder that is removed with all it holds at the end of the `using` scope. */
export function createTemporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), "hearth-test-"));
  return {
    path,
    file: (...parts) => join(path, ...parts),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
