import { PluginFailure } from "../../failure.ts";
import type { RecordedExchange } from "../../protocol.ts";
import { toCancellation } from "./cancellation.ts";
import { checkRequest } from "./check-request.ts";
import {
  type CheckedRequest,
  createTooLarge,
  type HttpAnswer,
  type HttpClient,
  type HttpLimits,
} from "./client.ts";
import { followRedirects } from "./follow-redirects.ts";
import { parseHostPattern } from "./host-pattern.ts";

/** Answers from recorded exchanges, each used once, with every check of the real client that needs no network. */
export function createRecordedClient(
  exchanges: readonly RecordedExchange[],
  options: { readonly hosts: readonly string[]; readonly limits: HttpLimits },
): HttpClient {
  const { limits } = options;
  const patterns = options.hosts.map(parseHostPattern).filter((pattern) => pattern !== undefined);
  const left = [...exchanges];
  async function send(request: CheckedRequest): Promise<HttpAnswer> {
    const index = left.findIndex((exchange) => isAnswerTo(exchange, request));
    const [found] = index < 0 ? [] : left.splice(index, 1);
    if (found !== undefined) return toResponse(found, request.url.hostname, limits.httpResponseBytes);
    throw new PluginFailure(
      "http_failed",
      `no recorded answer is left for ${request.method} ${request.url.href}; record one in the test`,
    );
  }
  return {
    async request(request, signal) {
      if (signal.aborted) throw toCancellation(signal.reason);
      return await followRedirects(checkRequest(request, { patterns, limits }), {
        patterns,
        limits,
        send,
        signal,
      });
    },
  };
}

function isAnswerTo({ request }: RecordedExchange, asked: CheckedRequest): boolean {
  if (request.method.toUpperCase() !== asked.method) return false;
  if (!URL.canParse(request.url) || new URL(request.url).href.replace(/#.*$/, "") !== asked.url.href)
    return false;
  return request.body === undefined || request.body === new TextDecoder().decode(asked.body);
}

function toResponse({ response }: RecordedExchange, host: string, maxBytes: number): HttpAnswer {
  const body = new TextEncoder().encode(response.body);
  if (body.length > maxBytes) throw createTooLarge(host, maxBytes);
  const headers = Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value]);
  return { status: response.status, headers: Object.fromEntries(headers), body };
}
