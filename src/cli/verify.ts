import type { VerifyResult } from "../models/index.ts";
import type { ConfigFlags } from "./config-flags.ts";
import type { CliDeps } from "./deps.ts";
import { openModels } from "./open-models.ts";
import { untilStopped } from "./stoppable.ts";
import { formatBytes, oneLine, toJsonText } from "./table.ts";
import { exitCodes } from "./usage-error.ts";

export type VerifyOptions = ConfigFlags & { readonly names: readonly string[]; readonly json: boolean };

const eraseLine = "\r\x1b[K";

/** Hashes stored files again; ends with code 1 where one is not what its name says. */
export async function verify(deps: CliDeps, { names, json, ...flags }: VerifyOptions): Promise<number> {
  const { io } = deps;
  await using opened = await openModels(deps, flags);
  const isDrawing = !json && io.stderr.isTTY === true;
  return await untilStopped(io, async (signal) => {
    const seen = { files: 0, bytes: 0, wrong: 0 };
    for await (const result of opened.library.verify(names, { signal })) {
      seen.files += 1;
      seen.bytes += result.bytes;
      if (result.state !== "ok") seen.wrong += 1;
      if (isDrawing) io.stderr.write(eraseLine);
      if (json) io.stdout.write(`${toJsonText(result)}\n`);
      else if (result.state !== "ok") io.stdout.write(`${describeWrong(result)}\n`);
      if (isDrawing) io.stderr.write(`${seen.files} files checked, ${formatBytes(seen.bytes)}`);
    }
    if (isDrawing) io.stderr.write(eraseLine);
    if (!json) io.stdout.write(`${describeAll(seen)}\n`);
    return seen.wrong > 0 ? exitCodes.failure : exitCodes.success;
  });
}

function describeWrong({ digest, state, names }: VerifyResult): string {
  const what = state === "missing" ? "is missing" : "has other bytes than its name says";
  if (names.length === 0) return `${oneLine(digest)} ${what}; no model needs it, hearth gc removes it`;
  const needed = names.map(oneLine);
  return `${oneLine(digest)} ${what}; needed by ${needed.join(", ")}: hearth rm ${needed.join(" ")}, then pull or import again`;
}

function describeAll({ files, bytes, wrong }: { files: number; bytes: number; wrong: number }): string {
  const all = `${files} ${files === 1 ? "file" : "files"}, ${formatBytes(bytes)}`;
  return wrong === 0 ? `${all}: all as they should be` : `${all}: ${wrong} wrong`;
}
