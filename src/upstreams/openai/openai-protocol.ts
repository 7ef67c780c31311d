import { z } from "zod";
import type { EmbedRequest, EmbedResult } from "../../contract/index.ts";
import { refuseAnswer, refuseParameter } from "../refuse.ts";
import type { Protocol, UpstreamModel } from "../wire.ts";
import { createOpenaiReader } from "./answer-reader.ts";
import { type OpenaiDialect, toChatCall } from "./chat-call.ts";
import { toTextCall } from "./text-call.ts";
import { fromWholeAnswer } from "./whole-answer.ts";

const maxListed = 10_000;
const maxNameCharacters = 255;

const length = z.int().min(1).nullish();

/** Servers write the length of the context in many words; OpenAI itself in none. */
const listSchema = z.looseObject({
  data: z
    .array(
      z.looseObject({
        id: z.string().min(1).max(maxNameCharacters),
        context_window: length.catch(undefined),
        context_length: length.catch(undefined),
        max_model_len: length.catch(undefined),
      }),
    )
    .max(maxListed),
});

const embeddingsSchema = z.looseObject({
  data: z.array(z.looseObject({ index: z.int().min(0).nullish(), embedding: z.array(z.number()) })),
  usage: z.looseObject({ prompt_tokens: z.int().min(0).nullish() }).nullish(),
});

/** OpenAI's own servers take a limit under its new name alone, most others under the old one alone. */
const newNameHosts = /(^|\.)(openai\.com|openai\.azure\.com)$/;

/** The protocol of OpenAI, as nearly every server speaks it; another Hearth takes all that this one does. */
export function createOpenaiProtocol(kind: "openai" | "hearth", url: URL): Protocol {
  const dialect: OpenaiDialect = {
    isHearth: kind === "hearth",
    lengthField: newNameHosts.test(url.hostname) ? "max_completion_tokens" : "max_tokens",
  };
  return {
    toHeaders: (key) => (key === undefined ? {} : { authorization: `Bearer ${key}` }),
    toGenerateCall(request) {
      const { input } = request;
      return input.type === "chat" ? toChatCall(request, input, dialect) : toTextCall(request, dialect);
    },
    createReader: createOpenaiReader,
    fromWholeAnswer,
    listPath: "/models",
    fromModelList(body) {
      const parsed = listSchema.safeParse(body);
      if (!parsed.success)
        throw refuseAnswer("answered with something that is no list of models", parsed.error);
      return parsed.data.data.map(toModel);
    },
    embeddings: { toCall: toEmbeddingCall, fromBody: fromEmbeddings },
  };
}

function toModel(wire: z.output<typeof listSchema>["data"][number]): UpstreamModel {
  const contextTokens = wire.context_window ?? wire.context_length ?? wire.max_model_len;
  return { name: wire.id, ...(typeof contextTokens === "number" && { contextTokens }) };
}

function toEmbeddingCall({ model, inputs }: EmbedRequest) {
  if (inputs.length === 0) throw refuseParameter("input", "there is nothing to embed");
  return { path: "/embeddings", body: { model, input: inputs, encoding_format: "float" } };
}

function fromEmbeddings(body: unknown, { inputs }: EmbedRequest): EmbedResult {
  const parsed = embeddingsSchema.safeParse(body);
  if (!parsed.success) throw refuseAnswer("answered with something that is no list of vectors", parsed.error);
  const { data, usage } = parsed.data;
  const vectors: Float32Array[] = [];
  for (const [position, { index, embedding }] of data.entries())
    vectors[index ?? position] = toUnit(embedding);
  const [first] = vectors;
  const isWhole =
    vectors.length === inputs.length &&
    inputs.every((_, index) => vectors[index] !== undefined && vectors[index].length === first?.length);
  if (!isWhole || first?.length === 0)
    throw refuseAnswer(
      `answered ${inputs.length} inputs with vectors that are too few, or not of one length`,
    );
  return { vectors, promptTokens: usage?.prompt_tokens ?? 0 };
}

/** Of length 1; one of nothing but zeros stays as it is. */
function toUnit(values: readonly number[]): Float32Array {
  const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return Float32Array.from(values, (value) => (norm > 0 ? value / norm : 0));
}
