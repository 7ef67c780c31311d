import { z } from "@hono/zod-openapi";
import { lazy } from "../lazy.ts";
import { maxCollections, maxNameCharacters, maxPromptCharacters, maxRetrieved } from "../limits.ts";

/** Files that one request puts into a store. */
const maxFiles = 100;
/** Files of one batch, as OpenAI's. */
const maxBatchFiles = 2_000;
const maxQueries = 10;

const fileId = () => z.string().min(1).max(maxNameCharacters);
const attributes = () =>
  z.record(z.string().max(maxNameCharacters), z.union([z.string(), z.number(), z.boolean()])).optional();

export const vectorStoreSchema = lazy(() =>
  z.looseObject({
    name: z.string().max(maxNameCharacters).optional(),
    file_ids: z.array(fileId()).max(maxFiles).optional(),
  }),
);

export const vectorStoreFileSchema = lazy(() =>
  z.looseObject({ file_id: fileId(), attributes: attributes() }),
);

export const fileBatchSchema = lazy(() =>
  z.looseObject({
    file_ids: z.array(fileId()).min(1).max(maxBatchFiles).optional(),
    attributes: attributes().describe("Of all files in file_ids"),
    files: z
      .array(z.looseObject({ file_id: fileId(), attributes: attributes().nullable() }))
      .min(1)
      .max(maxBatchFiles)
      .optional()
      .describe("Instead of file_ids: files with attributes of their own"),
  }),
);

export const vectorStoreAttributesSchema = lazy(() =>
  z.looseObject({ attributes: attributes().describe("Replace those of the file") }),
);

/** What narrows a search, in a request of its own and in the tool file_search. */
export function searchShape() {
  return {
    filters: z.looseObject({}).optional().describe("{type, key, value}, joined by {type: and | or, filters}"),
    max_num_results: z.int32().min(1).max(maxRetrieved).optional(),
    ranking_options: z
      .looseObject({ ranker: z.string().optional(), score_threshold: z.number().min(0).max(1).optional() })
      .optional(),
  };
}

export const vectorStoreSearchSchema = lazy(() => {
  const query = z.string().min(1).max(maxPromptCharacters);
  return z.looseObject({ query: z.union([query, z.array(query).min(1).max(maxQueries)]), ...searchShape() });
});

/** The tool that clients who know vector stores ask for. */
export function fileSearchShape() {
  return {
    vector_store_ids: z.array(z.string().min(1).max(maxNameCharacters)).min(1).max(maxCollections).optional(),
    ...searchShape(),
  };
}
