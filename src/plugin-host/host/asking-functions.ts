import { PluginFailure } from "../failure.ts";
import { checkKey } from "../kv-key.ts";
import type { HostCall } from "../protocol.ts";
import { type CallState, checkAlive, countHostCall, requireGrant, violate } from "./call-state.ts";
import { type CallSeat, type GuestFunction, type GuestValue, guardAll, quote } from "./extism-functions.ts";
import type { HttpClient } from "./http/client.ts";

/** Longer ones would hold up the server that reads them. */
const maxQuestionCharacters = 4 * 1_048_576;

/** A function that may wait, while the host answers other calls. */
export type AsyncGuestFunction = (context: unknown, ...values: GuestValue[]) => Promise<bigint | undefined>;

type Seat = CallSeat & { readonly http: HttpClient };

/** Hearth's own functions and HTTP: each needs its grant, and each waits for something outside the guest. */
export function createAskingFunctions(seat: () => Seat) {
  const decoder = new TextDecoder("utf-8", { fatal: true });

  function text({ kernel, state }: Seat, address: GuestValue): string {
    const block = kernel.block(Number(address));
    try {
      return decoder.decode(block);
    } catch (cause) {
      return violate(
        state,
        { code: "bad_pointer", message: "it gave the host text that is not UTF-8" },
        cause,
      );
    }
  }
  /** What the server answers, as a block; 0 is nothing. */
  async function ask({ kernel, state }: Seat, call: HostCall): Promise<bigint> {
    const value = await wait(state, () => state.ask(call));
    return value === undefined ? 0n : BigInt(kernel.store(value));
  }
  /** What is too large is refused here, so that the server need not look at it. */
  const keep = async (seated: Seat, call: Extract<HostCall, { type: `kv-${string}` }>) => {
    const { state } = seated;
    requireGrant(state, state.grants.kv !== undefined, "the key-value store");
    checkKey("key" in call ? call.key : call.prefix);
    if (call.type === "kv-set" && call.value.byteLength > state.limits.kvBytes) {
      throw new PluginFailure("kv_limit", `it stored more than ${state.limits.kvBytes} bytes`);
    }
    return await ask(seated, call);
  };
  const question = (seated: Seat, address: GuestValue): string => {
    const request = text(seated, address);
    if (request.length <= maxQuestionCharacters) return request;
    const message = `its request to a model has ${request.length} characters; at most ${maxQuestionCharacters} are possible`;
    throw new PluginFailure("generate_failed", message);
  };
  const user: Record<
    string,
    (seated: Seat, first: GuestValue, second: GuestValue) => Promise<bigint | undefined>
  > = {
    kv_get: async (seated, key) => await keep(seated, { type: "kv-get", key: text(seated, key) }),
    kv_set: async (seated, key, value) => {
      const copy = seated.kernel.block(Number(value)).slice();
      await keep(seated, { type: "kv-set", key: text(seated, key), value: copy });
      return undefined;
    },
    kv_delete: async (seated, key) => {
      await keep(seated, { type: "kv-delete", key: text(seated, key) });
      return undefined;
    },
    kv_list: async (seated, prefix) => await keep(seated, { type: "kv-list", prefix: text(seated, prefix) }),
    generate: async (seated, request) => {
      requireGrant(seated.state, seated.state.grants.generate === true, "generate");
      return await ask(seated, { type: "generate", request: question(seated, request) });
    },
    embed: async (seated, request) => {
      requireGrant(seated.state, seated.state.grants.embed === true, "embed");
      return await ask(seated, { type: "embed", request: question(seated, request) });
    },
    // Connections come with the connectors for databases; until then nobody can grant one.
    sql: async ({ state }) => {
      requireGrant(state, false, "sql");
      return undefined;
    },
  };
  async function request(seated: Seat, head: GuestValue, body: GuestValue): Promise<bigint> {
    const { state, kernel, http } = seated;
    state.lastAnswer = undefined;
    requireGrant(state, state.grants.http !== undefined, "HTTP");
    state.httpRequests += 1;
    if (state.httpRequests > state.limits.httpRequests) {
      violate(state, {
        code: "call_limit",
        message: `it made more than ${state.limits.httpRequests} HTTP requests in one call`,
      });
    }
    const asked = {
      ...parseRequest(text(seated, head)),
      ...(Number(body) !== 0 && { body: kernel.block(Number(body)).slice() }),
    };
    const answer = await wait(state, () => http.request(asked, state.abort.signal));
    state.lastAnswer = answer;
    return BigInt(kernel.store(answer.body));
  }
  const extism: Record<string, GuestFunction | AsyncGuestFunction> = {
    http_request: guard(seat, request),
    ...guardAll(seat, {
      http_status_code: () => seat().state.lastAnswer?.status ?? 0,
      http_headers() {
        const { kernel, state } = seat();
        return state.lastAnswer ? BigInt(kernel.store(JSON.stringify(state.lastAnswer.headers))) : 0n;
      },
    }),
  };
  return {
    extism,
    user: mapValues(user, (run) => guard(seat, run)),
  };
}

/** Extism decides by the constructor which functions wait, so this must be an async function. */
function guard(
  seat: () => Seat,
  run: (seated: Seat, first: GuestValue, second: GuestValue) => Promise<bigint | undefined>,
): AsyncGuestFunction {
  return async (_, first = 0n, second = 0n) => {
    const seated = seat();
    countHostCall(seated.state);
    try {
      return await run(seated, first, second);
    } catch (error) {
      if (error instanceof PluginFailure) return violate(seated.state, error);
      const message = "the host could not do what it asked for";
      return violate(seated.state, { code: "host_failed", message }, error);
    }
  };
}

async function wait<T>(state: CallState, work: () => Promise<T>): Promise<T> {
  state.waiting();
  try {
    return await Promise.race([work(), whenAborted(state.abort.signal)]);
  } finally {
    await state.resumed();
    checkAlive(state);
  }
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** `{method?, url, headers?}`, as Extism's libraries write it. */
function parseRequest(json: string): { method: string; url: string; headers: Record<string, string> } {
  const invalid = (what: string) =>
    new PluginFailure(
      "http_invalid",
      `its HTTP request ${quote(json)} ${what}; expected {method, url, headers}`,
    );
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw invalid("is not JSON");
  }
  if (typeof value !== "object" || value === null) throw invalid("is no object");
  const { url, method = "GET", headers, header } = value as Readonly<Record<string, unknown>>;
  const given = headers ?? header ?? {};
  if (typeof url !== "string" || typeof method !== "string") throw invalid("has no url");
  if (typeof given !== "object" || Array.isArray(given)) throw invalid("has headers that are no object");
  const entries = Object.entries(given as Readonly<Record<string, unknown>>);
  for (const [, text] of entries) if (typeof text !== "string") throw invalid("has a header that is no text");
  return { method, url, headers: Object.fromEntries(entries) as Record<string, string> };
}

function mapValues<In, Out>(record: Record<string, In>, map: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}
