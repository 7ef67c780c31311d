import { AppError, toAppError } from "../base/index.ts";
import type { UpstreamConfig } from "../config/index.ts";
import { toAddress } from "./address.ts";
import { readAnswer } from "./answer.ts";
import { createAnthropicProtocol } from "./anthropic/anthropic-protocol.ts";
import { readKey } from "./credentials.ts";
import { type Exchange, type ExchangeLimits, type ExchangeRequest, openExchange } from "./exchange.ts";
import { nameUpstream } from "./failures.ts";
import { createModelList } from "./model-list.ts";
import { createOpenaiProtocol } from "./openai/openai-protocol.ts";
import { refuseAnswer, refuseParameter } from "./refuse.ts";
import type { Upstream, UpstreamDeps } from "./upstreams.ts";
import { createVisits, type Visit } from "./visit.ts";
import type { Protocol, UpstreamModel, WireCall } from "./wire.ts";

const defaultTimeoutMs = 30_000;
/** An answer in one piece says nothing before it is whole, which takes longer than its first word. */
const wholeAnswerFactor = 10;
const idleMs = 60_000;
const listTimeoutMs = 10_000;
const maxBodyBytes = 64 * 2 ** 20;

/** Tells a server how often a request was passed on, so that two that send to each other come to an end. */
const hopsHeader = "x-hearth-hops";

type Passed = { readonly hops?: number };

export function createUpstream(config: UpstreamConfig, deps: UpstreamDeps): Upstream {
  const nowMs = () => deps.clock.nowMs();
  const protocol = chooseProtocol(config);
  const visits = createVisits(config, deps);
  const firstByteMs = config.timeoutMs ?? defaultTimeoutMs;
  const limits: ExchangeLimits = { firstByteMs, idleMs, maxBodyBytes };
  const list = createModelList({
    ...{ configured: config.models, nowMs },
    list: () => fetchModels(config, protocol, deps),
  });
  let isUncountedTold = false;

  function toRequest(call: WireCall, { key }: Visit, { hops = 0 }: Passed): ExchangeRequest {
    const headers = { ...protocol.toHeaders(key), ...toHops(config, hops + 1) };
    return { url: toAddress(config.url, call.path), headers, body: JSON.stringify(call.body) };
  }
  function noteUncounted(model: string): void {
    if (!isUncountedTold) deps.logger.warn("upstream_uncounted", { upstream: config.name, model });
    isUncountedTold = true;
  }
  return {
    config,
    models: list.models,
    describe: list.describe,
    refusal(request) {
      try {
        refuseLocal(request, config);
        protocol.toGenerateCall(request);
      } catch (error) {
        return toAppError(error);
      }
      return undefined;
    },
    async *generate(request, signal) {
      refuseLocal(request, config);
      const call = protocol.toGenerateCall(request);
      const patience = request.isWhole ? { ...limits, firstByteMs: firstByteMs * wholeAnswerFactor } : limits;
      using visit = await visits.begin(patience, signal);
      try {
        yield* readAnswer({
          ...{ exchange: visit.exchange, reader: protocol.createReader(request), nowMs },
          fromWholeAnswer: protocol.fromWholeAnswer,
          call: toRequest(call, visit, request),
          onUncounted: () => noteUncounted(request.model),
        });
        visit.succeed();
      } catch (error) {
        throw visit.fail(error);
      }
    },
    async embed(request, signal) {
      refuseLocal(request, config);
      const { embeddings } = protocol;
      if (!embeddings)
        throw refuseParameter("model", `upstream "${config.name}" has no embeddings; name a model that has`);
      const call = embeddings.toCall(request);
      using visit = await visits.begin(limits, signal);
      try {
        const body = await readJson(visit.exchange, toRequest(call, visit, request));
        const result = embeddings.fromBody(body, request);
        visit.succeed();
        return result;
      } catch (error) {
        throw visit.fail(error);
      }
    },
    health: () => ({
      ...{ state: visits.breaker.state, failures: visits.breaker.failures, running: visits.running },
      ...(visits.lastError !== undefined && { lastError: visits.lastError }),
      ...(list.lastError !== undefined && { listError: list.lastError }),
    }),
  };
}

/** A Hearth may stand behind any address that speaks OpenAI's protocol. */
function toHops({ kind }: UpstreamConfig, hops: number): Readonly<Record<string, string>> {
  return kind === "anthropic" ? {} : { [hopsHeader]: String(hops) };
}

function chooseProtocol({ kind, url }: UpstreamConfig): Protocol {
  return kind === "anthropic" ? createAnthropicProtocol() : createOpenaiProtocol(kind, new URL(url));
}

/** Stands before every connection that could carry a request's words. */
function refuseLocal({ privacy }: { readonly privacy?: "local" }, { name }: UpstreamConfig): void {
  if (privacy !== "local") return;
  const message = `the request is to stay on this machine, and upstream "${name}" is another; name a local model`;
  throw new AppError("forbidden", message, { details: { param: "model" } });
}

/** Asks for the list beside the breaker: it says little of whether answers can be had. */
async function fetchModels(
  config: UpstreamConfig,
  protocol: Protocol,
  deps: UpstreamDeps,
): Promise<readonly UpstreamModel[]> {
  let key: string | undefined;
  try {
    key = await readKey(config, deps);
    const limits = { firstByteMs: listTimeoutMs, idleMs: listTimeoutMs, maxBodyBytes };
    using exchange = openExchange(deps, limits, new AbortController().signal);
    const headers = { ...protocol.toHeaders(key), ...toHops(config, 1) };
    const request = { url: toAddress(config.url, protocol.listPath), headers };
    return protocol.fromModelList(await readJson(exchange, request));
  } catch (error) {
    throw nameUpstream(toAppError(error), config.name, key);
  }
}

async function readJson(exchange: Exchange, request: ExchangeRequest): Promise<unknown> {
  const text = await exchange.readText(await exchange.send(request));
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refuseAnswer("answered with something that is no JSON; see to its url and kind", cause);
  }
}
