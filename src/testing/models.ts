import { existsSync } from "node:fs";
import { join } from "node:path";
import { readProcessInput } from "../config/index.ts";

const repositoryRoot = join(import.meta.dir, "..", "..");

/** Path of the built-in model's file. */
export const demoModelPath = join(repositoryRoot, "src", "models", "hearth-demo-q8_0.gguf");

/**
 * Path of an optional test model, looked for in HEARTH_TEST_MODELS and then in `../shared/models` beside the
 * repository. Prints why its tests are skipped and returns undefined where it is absent.
 */
export function findTestModel(fileName: string): string | undefined {
  const folder =
    readProcessInput().environment.HEARTH_TEST_MODELS ?? join(repositoryRoot, "..", "shared", "models");
  const path = join(folder, fileName);
  if (existsSync(path)) return path;
  process.stderr.write(
    `skipped: ${fileName} is not in ${folder}; set HEARTH_TEST_MODELS to the folder that holds it\n`,
  );
  return undefined;
}
