import { AppError } from "../base/index.ts";
import { type Config, isLoopback } from "../config/index.ts";

const defaultTimeoutMs = 30_000;
const maxAnswerBytes = 16 * 2 ** 20;
const maxQuotedChars = 300;

/** The server that runs at the configured address, as this machine reaches it. */
export type ServerClient = {
  readonly url: string;
  /** The parsed answer. Throws AppError where there is no server, or it refuses. */
  request(
    method: "GET" | "POST",
    path: string,
    options?: { readonly body?: object; readonly timeoutMs?: number },
  ): Promise<unknown>;
};

export function createServerClient(config: Pick<Config, "host" | "port" | "apiKeys">): ServerClient {
  const host = findReachableHost(config.host);
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${config.port}`;
  // A proxy of the environment does not reach this machine, and must not see the key.
  const route = isLoopback(host) ? { proxy: false as const } : {};
  return {
    url,
    async request(method, path, { body, timeoutMs = defaultTimeoutMs } = {}) {
      const limit = { timeoutMs, signal: AbortSignal.timeout(timeoutMs) };
      const init = { ...describeRequest(config.apiKeys[0], body), ...route, method, signal: limit.signal };
      const response = await send(url, path, init, limit);
      const answer = await readAnswer(response, url, limit);
      if (response.ok) return answer;
      throw describeRefusal(response.status, answer, url);
    },
  };
}

type Limit = { readonly timeoutMs: number; readonly signal: AbortSignal };

/** A server that listens everywhere is reached on this machine. */
function findReachableHost(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}

function describeRequest(key: string | undefined, body: object | undefined) {
  return {
    redirect: "error" as const,
    // The signal limits the time; Bun's own limit would end a longer wait early.
    timeout: false,
    headers: {
      "content-type": "application/json",
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
}

async function send(url: string, path: string, init: BunFetchRequestInit, limit: Limit): Promise<Response> {
  try {
    return await fetch(`${url}${path}`, init);
  } catch (cause) {
    if (limit.signal.aborted) throw describeTimeout(url, limit, cause);
    const message = `no server answers at ${url}; start one with hearth serve, or give --host and --port of the one you mean`;
    throw new AppError("server_error", message, { cause });
  }
}

async function readAnswer(response: Response, url: string, limit: Limit): Promise<unknown> {
  let text = "";
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > maxAnswerBytes) throw new Error("the answer is too long");
    }
    return JSON.parse(text);
  } catch (cause) {
    if (limit.signal.aborted) throw describeTimeout(url, limit, cause);
    const message = `what answers at ${url} is no Hearth server; give --host and --port of one`;
    throw new AppError("server_error", message, { cause });
  }
}

function describeTimeout(url: string, { timeoutMs }: Limit, cause: unknown): AppError {
  const message = `the server at ${url} did not answer within ${timeoutMs / 1000} s; look with hearth ps`;
  return new AppError("server_error", message, { cause });
}

function describeRefusal(status: number, answer: unknown, url: string): AppError {
  if (status === 401) {
    return new AppError(
      "unauthorized",
      `the server at ${url} wants an API key; set HEARTH_API_KEY or give --api-key`,
    );
  }
  const said = findError(answer)?.slice(0, maxQuotedChars) ?? `it answered with status ${status}`;
  return new AppError("server_error", `the server at ${url} refused: ${said}`);
}

/** `{"error": "…"}` as Ollama's routes answer. */
function findError(answer: unknown): string | undefined {
  if (typeof answer !== "object" || answer === null || !("error" in answer)) return undefined;
  return typeof answer.error === "string" ? answer.error : undefined;
}
