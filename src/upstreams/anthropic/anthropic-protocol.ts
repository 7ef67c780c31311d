import { z } from "zod";
import { refuseAnswer } from "../refuse.ts";
import type { Protocol } from "../wire.ts";
import { createMessageReader } from "./answer-reader.ts";
import { toMessageCall } from "./message-call.ts";
import { fromWholeMessage } from "./whole-answer.ts";

const version = "2023-06-01";
/** The most that a page may hold: all there are. */
const pageSize = 1000;
const maxNameCharacters = 255;

const listSchema = z.looseObject({
  data: z.array(z.looseObject({ id: z.string().min(1).max(maxNameCharacters) })).max(pageSize),
});

/** The Messages protocol of Anthropic. It has no embeddings. */
export function createAnthropicProtocol(): Protocol {
  return {
    toHeaders: (key) => ({
      "anthropic-version": version,
      ...(key !== undefined && { "x-api-key": key }),
    }),
    toGenerateCall: toMessageCall,
    createReader: createMessageReader,
    fromWholeAnswer: fromWholeMessage,
    listPath: `/models?limit=${pageSize}`,
    fromModelList(body) {
      const parsed = listSchema.safeParse(body);
      if (!parsed.success)
        throw refuseAnswer("answered with something that is no list of models", parsed.error);
      return parsed.data.data.map(({ id }) => ({ name: id }));
    },
  };
}
