import type { JsonObject } from "../../contract/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import type { Usage } from "./usage.ts";

const tokensPerPrice = 1_000_000;

/** The model that would have answered what was answered here, and what it takes for it. */
export type Counterfactual = {
  /** `MODEL@UPSTREAM`. */
  readonly model: string;
  /** USD for a million tokens. */
  readonly inputUsd: number;
  readonly outputUsd: number;
};

/** The configured remote model where its price is known, else the first priced model of the upstreams. */
export function findCounterfactual({
  settings,
  upstreams,
}: Pick<CoordinatorDeps, "settings" | "upstreams">): Counterfactual | undefined {
  const priced = upstreams.list.flatMap(({ config }) =>
    Object.entries(config.models).flatMap(([name, { inputUsd, outputUsd }]) =>
      inputUsd === undefined || outputUsd === undefined
        ? []
        : [{ model: `${name}@${config.name}`, inputUsd, outputUsd }],
    ),
  );
  if (settings.routeRemote === undefined) return priced[0];
  return priced.find(({ model }) => model === settings.routeRemote);
}

/**
 * Measured tokens of local and stored answers, at the price of the counterfactual. That the other model had read and
 * written as many tokens is an assumption, so the money is an estimate and says so.
 */
export function toSavingsBody(
  usage: readonly Usage[],
  counterfactual: Counterfactual | undefined,
): JsonObject {
  const local = sumTokens(usage, "local");
  const cached = sumTokens(usage, "cache");
  const remote = sumTokens(usage, "remote");
  const body = {
    tokens: { local, cached, remote, saved_with_cache: local + cached, saved_without_cache: local },
    estimate: true,
  };
  if (!counterfactual) {
    const reason = "no price is known: give inputUsd and outputUsd of a model of an upstream";
    return { ...body, counterfactual: null, usd: null, reason };
  }
  const withoutCache = price(usage, "local", counterfactual);
  const { model, inputUsd, outputUsd } = counterfactual;
  return {
    ...body,
    counterfactual: {
      ...{ model, input_usd_per_million: inputUsd, output_usd_per_million: outputUsd },
      assumption: "the same tokens, all sent to this model",
    },
    usd: {
      saved_with_cache: roundUsd(withoutCache + price(usage, "cache", counterfactual)),
      saved_without_cache: roundUsd(withoutCache),
    },
  };
}

function sumTokens(usage: readonly Usage[], route: Usage["route"]): number {
  return usage
    .filter((each) => each.route === route)
    .reduce((sum, { promptTokens, completionTokens }) => sum + promptTokens + completionTokens, 0);
}

function price(
  usage: readonly Usage[],
  route: Usage["route"],
  { inputUsd, outputUsd }: Counterfactual,
): number {
  return usage
    .filter((each) => each.route === route)
    .reduce(
      (sum, { promptTokens, completionTokens }) =>
        sum + (promptTokens * inputUsd + completionTokens * outputUsd) / tokensPerPrice,
      0,
    );
}

function roundUsd(usd: number): number {
  return Math.round(usd * 1_000_000) / 1_000_000;
}
