import { AppError } from "../../base/index.ts";
import type { ConfigFlags } from "../config-flags.ts";
import type { CliDeps } from "../deps.ts";
import { createCountLine } from "../judging/count-line.ts";
import { forEach } from "../stoppable.ts";
import { toJsonText } from "../table.ts";
import { asUsage, exitCodes, UsageError } from "../usage-error.ts";
import { readChosenModel } from "./chosen-model.ts";
import { formatCollection, formatCollections, toCollectionBody, toDocumentBody } from "./collection-text.ts";
import { withKnowledge } from "./with-knowledge.ts";

const defaultShown = 20;
const mostShown = 1_000;

type Named = ConfigFlags & { readonly name: string };

export async function listCollections(
  deps: CliDeps,
  { json, ...flags }: ConfigFlags & { readonly json: boolean },
): Promise<number> {
  return await withKnowledge(deps, flags, async ({ collections }) => {
    const listed = await collections.list();
    deps.io.stdout.write(
      json ? `${toJsonText(listed.map(toCollectionBody), 2)}\n` : formatCollections(listed),
    );
    return exitCodes.success;
  });
}

export async function showCollection(
  deps: CliDeps,
  { name, json, limit: given, ...flags }: Named & { readonly json: boolean; readonly limit?: string },
): Promise<number> {
  const limit = given === undefined ? defaultShown : Number(given);
  if (!Number.isInteger(limit) || limit < 0 || limit > mostShown) {
    throw new UsageError(`--limit: expected 0 to ${mostShown}, got ${JSON.stringify(given)}`);
  }
  return await withKnowledge(deps, flags, async ({ collections, documents }) => {
    const collection = await collections.get(name);
    const listed = limit === 0 ? [] : await documents.list(name, { limit });
    const body = { ...toCollectionBody(collection), data: listed.map(toDocumentBody) };
    deps.io.stdout.write(json ? `${toJsonText(body, 2)}\n` : formatCollection(collection, listed));
    return exitCodes.success;
  });
}

type Creation = Named & {
  readonly given: {
    readonly description?: string;
    readonly wordsOnly?: boolean;
    readonly label?: "local" | "any";
  };
};

export async function createCollection(deps: CliDeps, { name, given, ...flags }: Creation): Promise<number> {
  const { description, label } = given;
  const embeddingModel = readChosenModel(flags, given);
  return await withKnowledge(deps, flags, async ({ collections }) => {
    const made = await asUsage(
      collections.create({
        name,
        ...(description !== undefined && { description }),
        ...(embeddingModel !== undefined && { embeddingModel }),
        ...(label && { label }),
      }),
    );
    deps.io.stdout.write(`made ${made.name}, searched by ${describeSearch(made.embeddingModel)}\n`);
    return exitCodes.success;
  });
}

export async function removeCollections(
  deps: CliDeps,
  { names, ...flags }: ConfigFlags & { readonly names: readonly string[] },
): Promise<number> {
  return await withKnowledge(deps, flags, ({ collections }) =>
    forEach(deps.io, names, async (name) => {
      if (!(await collections.remove(name)))
        throw new AppError("not_found", `there is no collection ${name}`);
      const isEmptied = (await collections.find(name)) !== undefined;
      deps.io.stdout.write(`${isEmptied ? "emptied" : "removed"} ${name}\n`);
    }),
  );
}

export async function reembedCollection(
  deps: CliDeps,
  { name, model, wordsOnly, ...flags }: Named & { readonly model?: string; readonly wordsOnly: boolean },
): Promise<number> {
  if (wordsOnly === (model !== undefined)) throw new UsageError("give a model, or --words-only");
  return await withKnowledge(deps, flags, async ({ collections }, signal) => {
    using line = createCountLine(deps.io.stderr);
    const onProgress = (done: number, total: number) =>
      line.show({ done, total, text: `text ${done} of ${total}` });
    const changed = await asUsage(collections.reembed(name, model ?? null, { onProgress, signal }));
    line[Symbol.dispose]();
    deps.io.stdout.write(`${name} is searched by ${describeSearch(changed.embeddingModel)}\n`);
    return exitCodes.success;
  });
}

export async function labelCollection(
  deps: CliDeps,
  { name, label, ...flags }: Named & { readonly label: "local" | "any" },
): Promise<number> {
  return await withKnowledge(deps, flags, async ({ collections }) => {
    await asUsage(collections.update(name, { label }));
    const meaning = label === "local" ? "never leaves this machine" : "may leave this machine";
    deps.io.stdout.write(`what is found in ${name} ${meaning}\n`);
    return exitCodes.success;
  });
}

function describeSearch(model: string | undefined): string {
  return model === undefined ? "words alone" : `words and ${model}`;
}
