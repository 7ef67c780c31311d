import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Figure } from "../figures.ts";
import { defaultHearthCommand, repositoryRoot } from "../servers.ts";
import { type Question, questions } from "./questions.ts";

const collection = "repository";
const shown = 5;
type Hit = { readonly source: string };

/**
 * How often `hearth search` shows the right file of this repository. By words, and by meaning too where
 * HEARTH_EMBEDDING_MODEL names a model (HEARTH_MODEL_DIR says where it lies).
 */
export async function measureFoundFiles(): Promise<readonly Figure[]> {
  requireFiles();
  const home = mkdtempSync(join(tmpdir(), "hearth-bench-"));
  try {
    await run(home, "index", repositoryRoot, "--collection", collection);
    const places: number[] = [];
    for (const question of questions) places.push(await placeOf(home, question));
    const within = (most: number) => places.filter((place) => place <= most).length;
    const model = process.env.HEARTH_EMBEDDING_MODEL;
    const how = model === undefined ? "by words alone" : `by words and ${model}`;
    return [
      {
        name: `questions whose file is the first hit, ${how}`,
        value: `${within(1)} of ${questions.length}`,
      },
      { name: `the same, among ${shown} hits`, value: `${within(shown)} of ${questions.length}` },
    ];
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** From 1; Infinity where the right file is not shown. */
async function placeOf(home: string, { text, files }: Question): Promise<number> {
  const output = await run(home, "search", collection, text, "--limit", String(shown), "--json");
  const hits: readonly Hit[] = JSON.parse(output);
  const index = hits.findIndex(({ source }) => files.includes(source));
  return index < 0 ? Number.POSITIVE_INFINITY : index + 1;
}

function requireFiles(): void {
  const moved = questions
    .flatMap(({ files }) => files)
    .filter((file) => !existsSync(join(repositoryRoot, file)));
  if (moved.length > 0)
    throw new Error(`no longer there: ${moved.join(", ")}; change bench/knowledge/questions.ts`);
}

async function run(home: string, ...argv: readonly string[]): Promise<string> {
  const child = Bun.spawn([...defaultHearthCommand(), ...argv, "--home", home], {
    stdout: "pipe",
    stderr: "pipe",
  });
  const [output, errors, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (code !== 0) throw new Error(`hearth ${argv.join(" ")} ended with ${code}: ${errors}`);
  return output;
}
