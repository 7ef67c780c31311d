import type { Environment } from "./defaults.ts";

export type ProcessInput = {
  /** Without the runtime and the program's own name. */
  readonly argv: readonly string[];
  readonly environment: Environment;
};

/** The one place that reads this process's command line and environment. */
export function readProcessInput(): ProcessInput {
  return { argv: process.argv.slice(2), environment: process.env };
}
