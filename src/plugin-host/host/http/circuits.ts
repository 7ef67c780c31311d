import { AppError } from "../../../base/index.ts";
import {
  type Breaker,
  type BreakerPermit,
  breakerPresets,
  type Clock,
  createBreaker,
} from "../../../resilience/index.ts";
import { type FailureCode, PluginFailure } from "../../failure.ts";
import type { HttpClient } from "./client.ts";

/** Hosts of one plugin that are watched; the one asked longest ago is forgotten for another. */
export const maxCircuits = 64;
/** A server that does not answer. One that answers, of errors too, costs no wait, and its plugin knows what to make of it. */
const silences: ReadonlySet<FailureCode> = new Set(["http_failed", "http_timeout"]);

/** What a plugin's servers did lately, over all calls of the plugin. */
export type Circuits = { enter(host: string): BreakerPermit };

export function createCircuits(clock: Pick<Clock, "nowMs">): Circuits {
  const breakers = new Map<string, Breaker>();

  function find(host: string): Breaker {
    const known = breakers.get(host);
    const breaker = known ?? createBreaker({ ...breakerPresets.connector, name: host, clock });
    breakers.delete(host);
    breakers.set(host, breaker);
    const [oldest] = breakers.keys();
    if (breakers.size > maxCircuits && oldest !== undefined) breakers.delete(oldest);
    return breaker;
  }
  return {
    enter(host) {
      try {
        return find(host).enter();
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        throw new PluginFailure("http_circuit_open", error.message, { cause: error });
      }
    },
  };
}

/** Leaves a server alone for a while once it failed several times in a row, instead of waiting for it in each call. */
export function withCircuits(client: HttpClient, circuits: Circuits): HttpClient {
  return {
    async request(request, signal) {
      const host = URL.parse(request.url)?.host;
      // An address that cannot be read is refused by the client, with what is wrong with it.
      if (host === undefined) return await client.request(request, signal);
      const permit = circuits.enter(host);
      try {
        const answer = await client.request(request, signal);
        permit.succeed();
        return answer;
      } catch (error) {
        if (error instanceof PluginFailure && silences.has(error.code)) permit.fail(error.message);
        throw error;
      } finally {
        permit.abandon();
      }
    },
  };
}
