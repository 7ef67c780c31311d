import type { JsonObject, JsonValue, Sampling } from "../contract/index.ts";
import { refuseParameter } from "./refuse.ts";

type SamplingKey = keyof Sampling;

type SamplingField = {
  /** As OpenAI, llama.cpp and Hearth write it. */
  readonly wire: string;
  /** The value that changes nothing, which no server needs to be told. */
  readonly neutral?: JsonValue;
  /** What it refines: without that it changes nothing. */
  readonly of?: SamplingKey;
};

const samplingFields: Readonly<Record<SamplingKey, SamplingField>> = {
  temperature: { wire: "temperature" },
  topK: { wire: "top_k", neutral: 0 },
  topP: { wire: "top_p", neutral: 1 },
  minP: { wire: "min_p", neutral: 0 },
  typicalP: { wire: "typical_p", neutral: 1 },
  topNSigma: { wire: "top_n_sigma", neutral: 0 },
  repeatPenalty: { wire: "repeat_penalty", neutral: 1 },
  repeatLastTokens: { wire: "repeat_last_n", of: "repeatPenalty" },
  frequencyPenalty: { wire: "frequency_penalty", neutral: 0 },
  presencePenalty: { wire: "presence_penalty", neutral: 0 },
  dryMultiplier: { wire: "dry_multiplier", neutral: 0 },
  dryBase: { wire: "dry_base", of: "dryMultiplier" },
  dryAllowedLength: { wire: "dry_allowed_length", of: "dryMultiplier" },
  dryPenaltyLastTokens: { wire: "dry_penalty_last_n", of: "dryMultiplier" },
  drySequenceBreakers: { wire: "dry_sequence_breakers", of: "dryMultiplier" },
  xtcProbability: { wire: "xtc_probability", neutral: 0 },
  xtcThreshold: { wire: "xtc_threshold", of: "xtcProbability" },
  dynamicTemperatureRange: { wire: "dynatemp_range", neutral: 0 },
  dynamicTemperatureExponent: { wire: "dynatemp_exponent", of: "dynamicTemperatureRange" },
  mirostat: { wire: "mirostat", neutral: 0 },
  mirostatTau: { wire: "mirostat_tau", of: "mirostat" },
  mirostatEta: { wire: "mirostat_eta", of: "mirostat" },
  logitBias: { wire: "logit_bias" },
  seed: { wire: "seed" },
  ignoreEndOfSequence: { wire: "ignore_eos", neutral: false },
};

/** `all`, or the keys that a protocol knows. */
export type KnownSampling = "all" | ReadonlySet<SamplingKey>;

/** Sampling as a body holds it. Throws AppError invalid_request for a value that matters and is not known there. */
export function toSamplingFields(sampling: Sampling, known: KnownSampling): JsonObject {
  const fields: Record<string, JsonValue> = {};
  for (const key of Object.keys(samplingFields) as SamplingKey[]) {
    const value = sampling[key];
    if (value === undefined) continue;
    const { wire } = samplingFields[key];
    if (known === "all" || known.has(key))
      fields[wire] = key === "logitBias" ? toBias(sampling) : toJson(value);
    else if (matters(sampling, key))
      throw refuseParameter(wire, "the upstream's protocol does not have it; leave it out");
  }
  return fields;
}

function matters(sampling: Sampling, key: SamplingKey): boolean {
  const { neutral, of } = samplingFields[key];
  const value = sampling[key];
  if (value === undefined || value === neutral) return false;
  if (key === "logitBias") return sampling.logitBias?.length !== 0;
  return of === undefined || matters(sampling, of);
}

function toBias({ logitBias = [] }: Sampling): JsonObject {
  return Object.fromEntries(logitBias.map(({ token, bias }) => [String(token), bias]));
}

function toJson(value: NonNullable<Sampling[SamplingKey]>): JsonValue {
  return value as JsonValue;
}
