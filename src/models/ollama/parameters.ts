import { AppError, shortenText } from "../../base/index.ts";
import type { Sampling } from "../../contract/index.ts";

/** Stop texts of one model or request. */
const maxStops = 64;
const maxStopChars = 1024;
const maxInt32 = 2 ** 31 - 1;
const maxThreads = 1024;
const maxTemperature = 100;

/** What Ollama's parameters ask for, in Hearth's words. A field is absent where its parameter is, or says "choose". */
export type OllamaParameters = {
  readonly sampling: Sampling;
  readonly stop: readonly string[];
  /** `Infinity`: no limit, said in so many words (`num_predict` of -1, -2 or 0); `applySettings` resolves it. */
  readonly maxTokens?: number;
  readonly contextTokens?: number;
  /** `num_keep`; Hearth never shifts a context, so it is among `ignored` too. */
  readonly keepTokens?: number;
  readonly gpuLayers?: number;
  readonly threads?: number;
  /** Known names whose values change nothing here. */
  readonly ignored: readonly string[];
  /** Names that are none of Ollama's: a manifest with one is refused, an HTTP reply names it in a header. */
  readonly unknown: readonly string[];
};

type Reading = {
  sampling: { -readonly [Name in keyof Sampling]: Sampling[Name] };
  stop: readonly string[];
  maxTokens?: number;
  contextTokens?: number;
  keepTokens?: number;
  gpuLayers?: number;
  threads?: number;
};

type Range = { readonly min?: number; readonly above?: number; readonly max: number };
type Kind = "number" | "integer" | "boolean" | "texts";
type Parameter = {
  readonly kind: Kind;
  /** Absent for hints that change nothing here. */
  readonly read?: (reading: Reading, value: unknown, name: string) => void;
  readonly isIgnored?: (value: unknown) => boolean;
};

type NumericName =
  | "temperature"
  | "topP"
  | "minP"
  | "typicalP"
  | "repeatPenalty"
  | "presencePenalty"
  | "frequencyPenalty"
  | "mirostatTau"
  | "mirostatEta";

const table: Readonly<Record<string, Parameter>> = {
  temperature: sampled("temperature", { min: 0, max: maxTemperature }),
  top_p: sampled("topP", { min: 0, max: 1 }),
  min_p: sampled("minP", { min: 0, max: 1 }),
  typical_p: sampled("typicalP", { above: 0, max: 1 }),
  repeat_penalty: sampled("repeatPenalty", { above: 0, max: maxTemperature }),
  presence_penalty: sampled("presencePenalty", { min: -2, max: 2 }),
  frequency_penalty: sampled("frequencyPenalty", { min: -2, max: 2 }),
  mirostat_tau: sampled("mirostatTau", { min: 0, max: maxTemperature }),
  mirostat_eta: sampled("mirostatEta", { min: 0, max: maxTemperature }),
  mirostat: {
    kind: "integer",
    read: ({ sampling }, value, name) => {
      const version = toInteger(value, name, { min: 0, max: 2 });
      sampling.mirostat = version === 0 ? 0 : version === 1 ? 1 : 2;
    },
  },
  top_k: {
    kind: "integer",
    read: ({ sampling }, value, name) => {
      sampling.topK = Math.max(0, toInteger(value, name, { min: -1, max: maxInt32 }));
    },
  },
  repeat_last_n: {
    kind: "integer",
    read: ({ sampling }, value, name) => {
      sampling.repeatLastTokens = toInteger(value, name, { min: -1, max: maxInt32 });
    },
  },
  seed: { kind: "integer", read: readSeed },
  stop: {
    kind: "texts",
    read: (reading, value, name) => {
      reading.stop = toStops(value, name);
    },
  },
  num_predict: {
    kind: "integer",
    read: (reading, value, name) => {
      const tokens = toInteger(value, name, { min: -2, max: maxInt32 });
      reading.maxTokens = tokens > 0 ? tokens : Number.POSITIVE_INFINITY;
    },
  },
  num_ctx: {
    kind: "integer",
    read: (reading, value, name) => {
      reading.contextTokens = toInteger(value, name, { min: 1, max: maxInt32 });
    },
  },
  num_keep: {
    kind: "integer",
    isIgnored: () => true,
    read: (reading, value, name) => {
      reading.keepTokens = toInteger(value, name, { min: -1, max: maxInt32 });
    },
  },
  num_gpu: {
    kind: "integer",
    read: (reading, value, name) => {
      const layers = toInteger(value, name, { min: -1, max: maxInt32 });
      if (layers >= 0) reading.gpuLayers = layers;
    },
  },
  num_thread: {
    kind: "integer",
    read: (reading, value, name) => {
      const threads = toInteger(value, name, { min: 0, max: maxThreads });
      if (threads > 0) reading.threads = threads;
    },
  },
  // Tail-free sampling is gone from llama.cpp; 1 turns it off, and that is what it is here.
  tfs_z: {
    kind: "number",
    isIgnored: () => true,
    read: (_, value, name) => {
      if (value === 1) return;
      const message = `${name}: tail-free sampling is not offered; leave it out, or at 1 (off). Given: ${show(value)}`;
      throw new AppError("invalid_request", message);
    },
  },
  num_batch: hint("integer"),
  main_gpu: hint("integer"),
  draft_num_predict: hint("integer"),
  numa: hint("boolean"),
  use_mmap: hint("boolean"),
  use_mlock: hint("boolean"),
  low_vram: hint("boolean"),
  f16_kv: hint("boolean"),
  vocab_only: hint("boolean"),
  logits_all: hint("boolean"),
  penalize_newline: hint("boolean"),
};

/**
 * Reads the parameters of a manifest, of PARAMETER lines, or the `options` of a request. `null` counts as absent.
 * Throws AppError invalid_request that names the parameter and the value where a value is not what it has to be.
 */
export function readOllamaParameters(parameters: Readonly<Record<string, unknown>>): OllamaParameters {
  const reading: Reading = { sampling: {}, stop: [] };
  const ignored: string[] = [];
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(parameters)) {
    if (value === null || value === undefined) continue;
    const parameter = findParameter(name);
    if (!parameter) {
      unknown.push(name);
      continue;
    }
    parameter.read?.(reading, value, name);
    if (parameter.isIgnored?.(value)) ignored.push(name);
  }
  return { ...reading, ignored, unknown };
}

/**
 * The value of a `PARAMETER name text` line, typed as its name asks. The text itself for a name that is not known.
 * Throws AppError invalid_request.
 */
export function parseParameterText(name: string, text: string): string | number | boolean {
  const kind = findParameter(name)?.kind ?? "texts";
  if (kind === "texts") return text;
  if (kind === "boolean") {
    const value = text.toLowerCase();
    if (value !== "true" && value !== "false") throw wrong(name, text, "true or false");
    return value === "true";
  }
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text)) throw wrong(name, text, `a ${kind}`);
  return Number(text);
}

/** Whether several values of one parameter add up (`stop`) instead of the last one counting. */
export function isListParameter(name: string): boolean {
  return findParameter(name)?.kind === "texts";
}

function findParameter(name: string): Parameter | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function sampled(field: NumericName, range: Range): Parameter {
  return {
    kind: "number",
    read: ({ sampling }, value, name) => {
      sampling[field] = toNumber(value, name, range);
    },
  };
}

function hint(kind: "integer" | "boolean"): Parameter {
  return {
    kind,
    isIgnored: () => true,
    read: (_, value, name) => {
      if (kind === "integer") toInteger(value, name, { min: -1, max: maxInt32 });
      else if (typeof value !== "boolean") throw wrong(name, value, "true or false");
    },
  };
}

/** -1 draws one; Ollama's seeds have 64 bits and ours 32: the low ones decide. */
function readSeed({ sampling }: Reading, value: unknown, name: string): void {
  const seed = toInteger(value, name, { min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER });
  if (seed !== -1) sampling.seed = Number(BigInt.asUintN(32, BigInt(seed)));
}

function toNumber(value: unknown, name: string, range: Range): number {
  const { min, above, max } = range;
  const isInside =
    typeof value === "number" &&
    value <= max &&
    (min === undefined || value >= min) &&
    (above === undefined || value > above);
  if (!isInside) throw wrong(name, value, `a number ${describeRange(range)}`);
  return value;
}

function toInteger(value: unknown, name: string, range: Range): number {
  if (!Number.isInteger(value)) throw wrong(name, value, `an integer ${describeRange(range)}`);
  return toNumber(value, name, range);
}

function describeRange({ min, above, max }: Range): string {
  return above === undefined ? `from ${min} to ${max}` : `above ${above}, up to ${max}`;
}

function toStops(value: unknown, name: string): readonly string[] {
  const stops: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (stops.length > maxStops) throw wrong(name, `${stops.length} texts`, `at most ${maxStops} texts`);
  return stops.map((stop) => {
    if (typeof stop !== "string" || stop === "" || stop.length > maxStopChars) {
      throw wrong(name, stop, `a text of 1 to ${maxStopChars} characters, or a list of such texts`);
    }
    return stop;
  });
}

function wrong(name: string, value: unknown, wanted: string): AppError {
  return new AppError("invalid_request", `${name} must be ${wanted}. Given: ${show(value)}`);
}

const maxShownChars = 100;

function show(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value));
  return shortenText(text, maxShownChars);
}
