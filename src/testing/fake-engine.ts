import { AppError } from "../base/index.ts";
import type { GenerateEvent, GenerateInput, GenerateRequest } from "../contract/index.ts";
import {
  closeTurn,
  type Engine,
  type EngineLimits,
  type LoadRequest,
  type ModelEntry,
} from "../engine/index.ts";
import type { ModelCapabilities } from "../models/index.ts";
import { playScript } from "./fake-generation.ts";
import { estimateFake, FakeResidency, vectorLength } from "./fake-residency.ts";

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
  /** Changes what every model can do. */
  readonly capabilities?: Partial<ModelCapabilities>;
  /** Whether models are up from the start (default), or once somebody asks for them. */
  readonly isLoaded?: boolean;
  /** Takes part in every load of a model that is not up; a rejection is the load's failure. */
  readonly loading?: (model: string) => Promise<void>;
  /** What each choice of a request says; it ends by itself where the script does. */
  readonly script?: (request: GenerateRequest, choice: number) => readonly FakeStep[];
};

export type FakeEngine = Engine & {
  /** Every request that `generate` was given, in order. */
  readonly requests: readonly GenerateRequest[];
  /** What `load` was asked for, in order. */
  readonly loads: readonly (LoadRequest & { readonly model: string })[];
  /** The limits that `adapt` was given, in order. */
  readonly adaptations: readonly EngineLimits[];
  readonly running: number;
  /** Of one model, or of all. */
  setState(state: ModelEntry["state"], model?: string): void;
};

const defaultAnswer: readonly FakeStep[] = [" alpha", " beta", " gamma", " delta"].map((text) => ({ text }));
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A deterministic engine for tests: scripted answers, one token per UTF-8 byte of a prompt. */
export function createFakeEngine(options: FakeEngineOptions = {}): FakeEngine {
  const { models = ["fake-model"], contextTokens = 4096, queueLimit = 64 } = options;
  const script = options.script ?? (() => defaultAnswer);
  const requests: GenerateRequest[] = [];
  const adaptations: EngineLimits[] = [];
  const residency = new FakeResidency({
    models,
    contextTokens,
    isLoaded: options.isLoaded ?? true,
    loading: options.loading ?? (() => Promise.resolve()),
    capabilities: { infill: options.infill ?? false, ...options.capabilities },
  });
  let running = 0;

  async function* generate(request: GenerateRequest, signal: AbortSignal): AsyncGenerator<GenerateEvent> {
    requests.push(request);
    const prompt = toTokens(request.input);
    const longest = Math.min(request.contextTokens ?? contextTokens, contextTokens);
    checkLength(prompt.length + (request.maxTokens === 0 ? 0 : 1), longest);
    if (running >= queueLimit) throw new AppError("queue_full", `All ${queueLimit} places are taken.`);
    running++;
    try {
      const { loadMs } = await residency.use(request.model, request, signal);
      const room = longest - prompt.length;
      yield* tellConversation(request, playScript({ request, prompt, room, script, signal, loadMs }));
    } finally {
      running--;
      residency.release(request.model, request);
    }
  }

  return {
    requests,
    adaptations,
    loads: residency.loads,
    get running() {
      return running;
    },
    setState: (state, model) => residency.setState(state, model),
    ...createResidencyMethods(residency),
    estimate: (_record, tokens) => estimateFake(tokens ?? contextTokens),
    estimateRemote: (_headers, tokens) => estimateFake(tokens ?? contextTokens),
    adapt: (limits) => void adaptations.push(limits),
    generate,
    ...createTextMethods(residency, contextTokens),
    stats(model) {
      if (!models.includes(model)) return undefined;
      const kv = {
        kvUsedTokens: 0,
        kvTotalTokens: contextTokens,
        prefixCacheBytes: 0,
        prefixCacheEntries: 0,
      };
      return { running, waiting: 0, ...kv, restarts: 0, hostMemoryBytes: 0, isCircuitOpen: false };
    },
    stop: async () => residency.close(),
  };
}

type ResidencyMethods = Pick<
  Engine,
  "models" | "find" | "load" | "unload" | "resident" | "residencyStats" | "preload" | "asked" | "isReady"
>;

function createResidencyMethods(residency: FakeResidency): ResidencyMethods {
  return {
    models: async () => residency.entries(),
    find: async (name) => residency.get(name),
    load: (model, request, signal) => residency.load(model, request, signal),
    unload: (model) => residency.unload(model),
    resident: () => residency.resident(),
    residencyStats: () => residency.stats(),
    preload: (names, limits) => residency.preload(names, limits),
    asked: () => residency.asked(),
    isReady: () => residency.isReady(),
  };
}

type TextMethods = Pick<Engine, "embed" | "rerank" | "tokenize" | "detokenize" | "applyTemplate">;

/** What needs no scheduling: each answer depends on its input alone. */
function createTextMethods(residency: FakeResidency, contextTokens: number): TextMethods {
  const use = async (model: string, { contextTokens, keepAliveMs }: LoadRequest = {}) => {
    const length = contextTokens === undefined ? {} : { contextTokens };
    await residency.load(model, keepAliveMs === undefined ? length : { ...length, keepAliveMs });
    if (keepAliveMs === 0) await residency.unload(model);
  };
  return {
    async embed(request) {
      await use(request.model, request);
      const inputs = request.inputs.map((input) =>
        typeof input === "string" ? [...encoder.encode(input)] : input,
      );
      for (const [index, tokens] of inputs.entries()) checkLength(tokens.length, contextTokens, { index });
      return { vectors: inputs.map(toVector), promptTokens: countTokens(inputs) };
    },
    async rerank(request) {
      await use(request.model, request);
      const pairs = request.documents.map((document) => encoder.encode(request.query + document));
      return { scores: request.documents.map((text) => text.length - 10), promptTokens: countTokens(pairs) };
    },
    async tokenize(model, text) {
      await use(model);
      const bytes = encoder.encode(text);
      return { tokens: [...bytes], pieces: Array.from(bytes, (byte) => Uint8Array.of(byte)) };
    },
    async detokenize(model, tokens) {
      await use(model);
      return decoder.decode(Uint8Array.from(tokens));
    },
    async applyTemplate(request) {
      await use(request.model);
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

/** With the end, the tokens that the conversation has now. */
async function* tellConversation(
  { conversation }: GenerateRequest,
  events: AsyncIterable<GenerateEvent>,
): AsyncGenerator<GenerateEvent> {
  let text = "";
  for await (const event of events) {
    if (event.type === "text") text += event.text;
    if (event.type !== "done" || !conversation) yield event;
    else {
      const turn = toTokens(closeTurn(conversation.turn, text));
      yield { ...event, conversation: [...conversation.earlier, ...turn] };
    }
  }
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
