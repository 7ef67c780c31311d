import { AppError } from "../base/index.ts";
import type { GenerateEvent, GenerateInput, GenerateRequest, ModelDescription } from "../contract/index.ts";
import type { Engine, ModelEntry } from "../engine/index.ts";
import { playScript } from "./fake-generation.ts";

/** What a scripted choice does next. A text or reasoning step is one token. */
export type FakeStep =
  | { readonly text: string }
  | { readonly reasoning: string }
  | {
      readonly toolCall: {
        readonly index: number;
        readonly id?: string;
        readonly name?: string;
        readonly argumentsDelta: string;
      };
    }
  | { readonly fail: AppError }
  /** Waits until the promise resolves or the request is aborted. */
  | { readonly until: Promise<void> };

export type FakeEngineOptions = {
  readonly models?: readonly string[];
  readonly contextTokens?: number;
  /** Requests that may run at the same time; one more is refused with `queue_full`. */
  readonly queueLimit?: number;
  readonly infill?: boolean;
  /** What each choice of a request says; it ends by itself where the script does. */
  readonly script?: (request: GenerateRequest, choice: number) => readonly FakeStep[];
};

export type FakeEngine = Engine & {
  /** Every request that `generate` was given, in order. */
  readonly requests: readonly GenerateRequest[];
  readonly running: number;
  setState(state: ModelEntry["state"]): void;
};

const defaultAnswer: readonly FakeStep[] = [" alpha", " beta", " gamma", " delta"].map((text) => ({ text }));
const vectorLength = 8;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A deterministic engine for tests: scripted answers, one token per UTF-8 byte of a prompt. */
export function createFakeEngine(options: FakeEngineOptions = {}): FakeEngine {
  const { models = ["fake-model"], contextTokens = 4096, queueLimit = 64 } = options;
  const script = options.script ?? (() => defaultAnswer);
  const requests: GenerateRequest[] = [];
  let running = 0;
  let state: ModelEntry["state"] = "ready";

  const entries = () => models.map((id) => createEntry(id, state, contextTokens, options.infill ?? false));
  const getEntry = (id: string) => {
    const entry = entries().find((candidate) => candidate.id === id);
    if (!entry) throw new AppError("model_not_found", `The model "${id}" is not served here.`);
    return entry;
  };
  async function* generate(request: GenerateRequest, signal: AbortSignal): AsyncGenerator<GenerateEvent> {
    getEntry(request.model);
    requests.push(request);
    const prompt = toTokens(request.input);
    checkLength(prompt.length + (request.maxTokens === 0 ? 0 : 1), contextTokens);
    if (running >= queueLimit) throw new AppError("queue_full", `All ${queueLimit} places are taken.`);
    running++;
    try {
      yield* playScript({ request, prompt, room: contextTokens - prompt.length, script, signal });
    } finally {
      running--;
    }
  }

  return {
    requests,
    get running() {
      return running;
    },
    setState(next) {
      state = next;
    },
    models: entries,
    describe: async (model) => describeModel(getEntry(model).id, contextTokens, options.infill ?? false),
    generate,
    ...createTextMethods(getEntry, contextTokens),
    stats(model) {
      if (!models.includes(model)) return undefined;
      const kv = {
        kvUsedTokens: 0,
        kvTotalTokens: contextTokens,
        prefixCacheBytes: 0,
        prefixCacheEntries: 0,
      };
      return { running, waiting: 0, ...kv, restarts: 0, hostMemoryBytes: 0 };
    },
    isReady: () => state === "ready",
    async stop() {
      state = "stopped";
    },
  };
}

type TextMethods = Pick<Engine, "embed" | "rerank" | "tokenize" | "detokenize" | "applyTemplate">;

/** What needs no scheduling: each answer depends on its input alone. */
function createTextMethods(getEntry: (id: string) => ModelEntry, contextTokens: number): TextMethods {
  return {
    async embed(request) {
      getEntry(request.model);
      const inputs = request.inputs.map((input) =>
        typeof input === "string" ? [...encoder.encode(input)] : input,
      );
      for (const [index, tokens] of inputs.entries()) checkLength(tokens.length, contextTokens, { index });
      return { vectors: inputs.map(toVector), promptTokens: countTokens(inputs) };
    },
    async rerank(request) {
      getEntry(request.model);
      const pairs = request.documents.map((document) => encoder.encode(request.query + document));
      return { scores: request.documents.map((text) => text.length - 10), promptTokens: countTokens(pairs) };
    },
    async tokenize(model, text) {
      getEntry(model);
      const bytes = encoder.encode(text);
      return { tokens: [...bytes], pieces: Array.from(bytes, (byte) => Uint8Array.of(byte)) };
    },
    async detokenize(model, tokens) {
      getEntry(model);
      return decoder.decode(Uint8Array.from(tokens));
    },
    async applyTemplate(request) {
      getEntry(request.model);
      return toPrompt(request.input);
    },
  };
}

function checkLength(required: number, max: number, details: { readonly index?: number } = {}): void {
  if (required <= max) return;
  throw new AppError("context_limit_exceeded", `${required} tokens do not fit the context of ${max}.`, {
    details: { required, max, ...details },
  });
}

function createEntry(
  id: string,
  state: ModelEntry["state"],
  contextTokens: number,
  infill: boolean,
): ModelEntry {
  const entry = { id, path: `${id}.gguf`, createdAtSeconds: 1_700_000_000, state };
  return state === "loading" ? entry : { ...entry, description: describeModel(id, contextTokens, infill) };
}

function describeModel(id: string, contextTokens: number, infill: boolean): ModelDescription {
  return {
    id,
    architecture: "fake",
    description: "a scripted model",
    parameters: 1,
    sizeBytes: 1,
    vocabularySize: 256,
    embeddingLength: vectorLength,
    layers: 1,
    trainedContextTokens: contextTokens,
    contextTokens,
    capabilities: {
      generate: true,
      chat: true,
      tools: true,
      reasoning: true,
      infill,
      embed: true,
      rerank: true,
    },
  };
}

function toPrompt(input: GenerateInput): string {
  if (input.type === "chat") {
    const turns = input.messages.map((message) => `<${message.role}>${message.content}\n`).join("");
    return input.addGenerationPrompt ? `${turns}<assistant>` : turns;
  }
  if (input.type === "infill") return `<prefix>${input.prefix}<suffix>${input.suffix}<middle>`;
  return input.type === "text" ? input.text : decoder.decode(Uint8Array.from(input.tokens));
}

function toTokens(input: GenerateInput): readonly number[] {
  return input.type === "tokens" ? input.tokens : [...encoder.encode(toPrompt(input))];
}

/** Counts of bytes in eight classes, normalised: equal inputs have equal vectors. */
function toVector(tokens: readonly number[]): Float32Array {
  const vector = new Float32Array(vectorLength).fill(0.5);
  for (const token of tokens) vector[token % vectorLength] = (vector[token % vectorLength] ?? 0) + 1;
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function countTokens(inputs: readonly { readonly length: number }[]): number {
  return inputs.reduce((sum, input) => sum + input.length, 0);
}
