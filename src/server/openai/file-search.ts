import type { z } from "@hono/zod-openapi";
import type { JsonObject, Retrieval } from "../../contract/index.ts";
import type { fileSearchShape } from "../knowledge/vector-store-bodies.ts";
import { invalidParameter } from "../parameter-errors.ts";
import { withoutUndefined } from "../without-undefined.ts";

export const fileSearchType = "file_search";

type FileSearchTool = z.output<z.ZodObject<ReturnType<typeof fileSearchShape>>> & { readonly type: string };

/** What the tool file_search asks for; the answer rests on what is found, without a call that the client would see. */
export function fromFileSearch(tools: readonly FileSearchTool[] | undefined): Retrieval | undefined {
  const asked = (tools ?? []).flatMap((tool, index) =>
    tool.type === fileSearchType ? [{ tool, index }] : [],
  );
  const [first, second] = asked;
  if (!first) return undefined;
  if (second) {
    throw invalidParameter(
      `tools[${second.index}]`,
      `tools[${second.index}]: file_search may be given once.`,
    );
  }
  const { vector_store_ids, filters, max_num_results, ranking_options } = first.tool;
  const param = `tools[${first.index}].vector_store_ids`;
  if (!vector_store_ids) throw invalidParameter(param, `${param}: expected the stores to search.`);
  return withoutUndefined({
    collections: vector_store_ids,
    filter: filters as JsonObject | undefined,
    maxResults: max_num_results,
    minScore: ranking_options?.score_threshold,
  });
}
