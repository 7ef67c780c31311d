import { z } from "@hono/zod-openapi";
import type { Sampling } from "../../contract/index.ts";
import { maxLogitBiasEntries, maxSequenceBreakers } from "../limits.ts";
import { invalidParameter } from "../parameter-errors.ts";
import { withoutUndefined } from "../without-undefined.ts";

/** llama.cpp's word for "draw the seed at random". */
const randomSeed = -1;
const bannedBias = -100;

/** Fields of every generation route that choose how tokens are drawn. */
export function samplingShape() {
  const share = () => z.number().min(0).max(1).optional();
  const penalty = () => z.number().min(-2).max(2).optional();
  const notNegative = () => z.number().min(0).optional();
  const count = () => z.int32().min(0).optional();
  return {
    temperature: z.number().min(0).max(2).optional(),
    top_p: z.number().gt(0).max(1).optional(),
    frequency_penalty: penalty(),
    presence_penalty: penalty(),
    logit_bias: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]).optional(),
    seed: z.number().optional().describe("-1 draws one at random"),
    top_k: z.int32().min(-1).optional().describe("0 and -1 turn it off"),
    min_p: share(),
    typical_p: z.number().gt(0).max(1).optional(),
    top_n_sigma: z.number().optional().describe("Below 0 turns it off"),
    repeat_penalty: z.number().gt(0).optional(),
    repetition_penalty: z.number().gt(0).optional().describe("Same as repeat_penalty"),
    repeat_last_n: count(),
    dry_multiplier: notNegative(),
    dry_base: z.number().min(1).optional(),
    dry_allowed_length: count(),
    dry_penalty_last_n: count(),
    dry_sequence_breakers: z.array(z.string().min(1)).min(1).max(maxSequenceBreakers).optional(),
    xtc_probability: share(),
    xtc_threshold: share(),
    dynatemp_range: notNegative(),
    dynatemp_exponent: notNegative(),
    mirostat: z.union([z.literal(0), z.literal(1), z.literal(2)]).optional(),
    mirostat_tau: notNegative(),
    mirostat_eta: notNegative(),
    ignore_eos: z.boolean().optional(),
  };
}

type SamplingBody = z.output<z.ZodObject<ReturnType<typeof samplingShape>>>;

export function fromSamplingFields(body: SamplingBody): Sampling {
  return withoutUndefined({
    temperature: body.temperature,
    topP: body.top_p,
    topK: atLeastZero(body.top_k),
    minP: body.min_p,
    typicalP: body.typical_p,
    topNSigma: atLeastZero(body.top_n_sigma),
    repeatPenalty: body.repeat_penalty ?? body.repetition_penalty,
    repeatLastTokens: body.repeat_last_n,
    frequencyPenalty: body.frequency_penalty,
    presencePenalty: body.presence_penalty,
    dryMultiplier: body.dry_multiplier,
    dryBase: body.dry_base,
    dryAllowedLength: body.dry_allowed_length,
    dryPenaltyLastTokens: body.dry_penalty_last_n,
    drySequenceBreakers: body.dry_sequence_breakers,
    xtcProbability: body.xtc_probability,
    xtcThreshold: body.xtc_threshold,
    dynamicTemperatureRange: body.dynatemp_range,
    dynamicTemperatureExponent: body.dynatemp_exponent,
    mirostat: body.mirostat,
    mirostatTau: body.mirostat_tau,
    mirostatEta: body.mirostat_eta,
    logitBias: body.logit_bias === undefined ? undefined : toLogitBias(body.logit_bias),
    seed: toSeed(body.seed),
    ignoreEndOfSequence: body.ignore_eos,
  });
}

function atLeastZero(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.max(0, value);
}

/** OpenAI's seeds have 64 bits and ours 32: the low ones decide. */
function toSeed(seed: number | undefined): number | undefined {
  if (seed === undefined || seed === randomSeed) return undefined;
  if (!Number.isInteger(seed)) throw invalidParameter("seed", `seed: ${seed} is not an integer.`);
  return Number(BigInt.asUintN(32, BigInt(seed)));
}

/** Takes OpenAI's object `{"token": bias}` and llama.cpp's list `[[token, bias]]`, where `false` bans a token. */
function toLogitBias(
  value: Readonly<Record<string, unknown>> | readonly unknown[],
): { token: number; bias: number }[] {
  const entries: readonly unknown[] = Array.isArray(value) ? value : Object.entries(value);
  if (entries.length > maxLogitBiasEntries) {
    throw invalidParameter(
      "logit_bias",
      `logit_bias: ${entries.length} entries are more than ${maxLogitBiasEntries}.`,
    );
  }
  return entries.map((entry) => {
    const [key, given]: readonly unknown[] = Array.isArray(entry) && entry.length === 2 ? entry : [];
    const token = typeof key === "string" && /^\d+$/.test(key) ? Number(key) : key;
    const bias = given === false ? bannedBias : given;
    if (typeof token !== "number" || !Number.isInteger(token) || token < 0 || token > 0x7fffffff) {
      throw invalidParameter("logit_bias", `logit_bias: ${JSON.stringify(key)} is not a token id.`);
    }
    if (typeof bias !== "number" || !(Math.abs(bias) <= 100)) {
      throw invalidParameter("logit_bias", `logit_bias: the bias of token ${token} must lie in -100..100.`);
    }
    return { token, bias };
  });
}
