import type { CliDeps } from "./deps.ts";
import { exitCodes } from "./usage-error.ts";

export function version({ io, versions }: CliDeps, options: { readonly json: boolean }): number {
  const all = { ...versions, bun: Bun.version, platform: `${process.platform}-${process.arch}` };
  if (options.json) io.stdout.write(`${JSON.stringify(all)}\n`);
  else
    io.stdout.write(
      `${Object.entries(all)
        .map(([name, value]) => `${name} ${value}`)
        .join("\n")}\n`,
    );
  return exitCodes.success;
}
