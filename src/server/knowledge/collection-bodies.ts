import { z } from "@hono/zod-openapi";
import { lazy } from "../lazy.ts";
import { maxNameCharacters, maxPromptCharacters, maxRetrieved } from "../limits.ts";
import { refuseOthers } from "../refuse-others.ts";

/** Documents of one request. */
const maxDocuments = 100;
const maxDescriptionCharacters = 4_096;
const maxSourceCharacters = 4_096;

const label = () => z.enum(["local", "any"]).optional().describe("local: its texts never leave this machine");
const attributes = () => z.record(z.string().max(maxNameCharacters), z.unknown()).optional();

export const collectionSchema = lazy(() =>
  refuseOthers(
    z.looseObject({
      name: z.string().min(1).max(maxNameCharacters),
      description: z.string().max(maxDescriptionCharacters).optional(),
      embedding_model: z
        .string()
        .max(maxNameCharacters)
        .optional()
        .describe('Absent: the configured one; "" searches by words alone'),
      label: label(),
    }),
  ),
);

export const collectionChangeSchema = lazy(() =>
  refuseOthers(
    z.looseObject({
      description: z.string().max(maxDescriptionCharacters).optional(),
      label: label(),
    }),
  ),
);

export const documentsSchema = lazy(() =>
  refuseOthers(
    z.looseObject({
      documents: z
        .array(
          z.looseObject({
            source: z.string().min(1).max(maxSourceCharacters).describe("Unique in its collection"),
            text: z.string().max(maxPromptCharacters),
            content_type: z
              .string()
              .max(maxNameCharacters)
              .optional()
              .describe("Absent: what the source's extension says"),
            attributes: attributes(),
          }),
        )
        .min(1)
        .max(maxDocuments),
    }),
  ),
);

export const searchSchema = lazy(() =>
  refuseOthers(
    z.looseObject({
      query: z.string().min(1).max(maxPromptCharacters),
      max_results: z.int32().min(1).max(maxRetrieved).optional(),
      min_score: z.number().min(0).max(1).optional(),
      filter: z.looseObject({}).optional(),
      rerank_model: z.string().min(1).max(maxNameCharacters).optional(),
    }),
  ),
);

export type SearchBody = z.output<ReturnType<typeof searchSchema>>;
