import { z } from "@hono/zod-openapi";
import { datasetFormats } from "../../coordinator/index.ts";
import { lazy } from "../lazy.ts";
import { refuseOthers } from "../refuse-others.ts";

/** What is to be exported; ranges are checked where they are used, by the same names. */
export const datasetSchema = lazy(() =>
  refuseOthers(
    z.looseObject({
      format: z.enum(datasetFormats).default("chat"),
      min_value: z.number().optional().describe("What an answer is worth at least; default 0.7."),
      validation: z.number().optional().describe("Share of rows kept for validation; default 0.1."),
      max_rows: z.number().optional().describe("Of more, those of the highest value; default 5000."),
      seed: z.number().optional().describe("Another one chooses other rows for validation; default 0."),
    }),
  ),
);
