import { AppError } from "../base/index.ts";
import { type Config, isLoopback } from "../config/index.ts";

const timeoutMs = 30_000;
const maxAnswerBytes = 16 * 2 ** 20;
const maxQuotedChars = 300;

/** The server that runs at the configured address, as this machine reaches it. */
export type ServerClient = {
  readonly url: string;
  /** The parsed answer. Throws AppError where there is no server, or it refuses. */
  request(method: "GET" | "POST", path: string, body?: object): Promise<unknown>;
};

export function createServerClient(config: Config): ServerClient {
  const url = formatAddress(config);
  return {
    url,
    async request(method, path, body) {
      const response = await send(`${url}${path}`, config, { method, body });
      const answer = await readAnswer(response, url);
      if (response.ok) return answer;
      throw describeRefusal(response.status, answer, url);
    },
  };
}

/** A server that listens everywhere is reached on this machine. */
function formatAddress({ host, port }: Config): string {
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

async function send(
  url: string,
  { host, apiKeys }: Config,
  { method, body }: { readonly method: string; readonly body: object | undefined },
): Promise<Response> {
  const [key] = apiKeys;
  try {
    return await fetch(url, {
      method,
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        "content-type": "application/json",
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      // A proxy of the environment does not reach this machine.
      ...(isLoopback(host) && { proxy: false }),
    });
  } catch (cause) {
    const { origin } = new URL(url);
    const message = `no server answers at ${origin}; start one with hearth serve, or give --host and --port of the one you mean`;
    throw new AppError("server_error", message, { cause });
  }
}

async function readAnswer(response: Response, url: string): Promise<unknown> {
  let text = "";
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > maxAnswerBytes) throw new Error("the answer is too long");
    }
    return JSON.parse(text);
  } catch (cause) {
    const message = `what answers at ${url} is no Hearth server; give --host and --port of one`;
    throw new AppError("server_error", message, { cause });
  }
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
