import { AppError, type ErrorCode, type ErrorDetails, shortenText } from "../base/index.ts";
import { readRetryAfterMs } from "../resilience/index.ts";

/** Of what a server says of an error; the rest is cut off. */
const maxMessageCharacters = 400;
/** A server that asks for more patience is not believed. */
const maxRetryAfterMs = 24 * 3600 * 1000;
const msPerSecond = 1000;

const contextWords =
  /context[ _-]?(length|window|size|limit)|maximum context|prompt is too long|too many (input )?tokens|exceeds? the (available )?context/i;
const quotaWords = /insufficient_quota|billing|credit balance|exceeded your current quota/i;

export type FailedAnswer = {
  readonly status: number;
  readonly headers: Headers;
  /** As much of the body as was read. */
  readonly body: string;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
};

/** What an answer other than 2xx means here. The message names no upstream; `nameUpstream` does. */
export function fromFailedAnswer({ status, headers, body, nowMs }: FailedAnswer): AppError {
  const { message, code } = readErrorBody(body);
  const says = message === "" ? "" : `: ${message}`;
  const details: ErrorDetails = { upstreamStatus: status };
  const is = (own: ErrorCode, text: string, more: ErrorDetails = {}) =>
    new AppError(own, text, { details: { ...details, ...more } });
  if (status === 401 || status === 403)
    return is("upstream_refused", `refused the key with status ${status}; see to what its key names`);
  if (status >= 300 && status < 400)
    return is(
      "upstream_refused",
      `answered with a redirect, which is not followed; set its url to where that leads`,
    );
  if (contextWords.test(`${code} ${message}`) && status >= 400 && status < 500)
    return is("context_limit_exceeded", `refused the request as too long${says}`);
  if (status === 402 || (status === 429 && quotaWords.test(`${code} ${message}`)))
    return is("upstream_refused", `refused to work without more credit${says}`);
  if (status === 429)
    return is("rate_limit_exceeded", `has had too many requests${says}`, readPatience(headers, nowMs));
  if (status === 404)
    return is("model_not_found", `has no such model, or nothing at its url${says}`, { param: "model" });
  if ([400, 413, 422].includes(status)) return is("invalid_request", `refused the request${says}`);
  if (status >= 500 || status === 408 || status === 409 || status === 425)
    return is("upstream_failed", `failed with status ${status}${says}`, readPatience(headers, nowMs));
  return is("upstream_refused", `answered with status ${status}${says}`);
}

/** An error told of inside a stream whose status was 200. */
export function fromErrorFrame(error: unknown): AppError {
  const { message, code } = readError(error);
  const says = message === "" ? "" : `: ${message}`;
  if (contextWords.test(`${code} ${message}`))
    return new AppError("context_limit_exceeded", `refused the request as too long${says}`);
  if (/rate_limit/i.test(code))
    return new AppError("rate_limit_exceeded", `has had too many requests${says}`);
  return new AppError("upstream_failed", `failed${says}`);
}

/** A connection that could not be made, or broke. */
export function fromNetworkFault(cause: unknown): AppError {
  const code = cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "";
  const why = code === "" ? "" : ` (${clean(code)})`;
  return new AppError("upstream_failed", `could not be reached, or broke the connection${why}`, { cause });
}

/** Once something of the answer has been passed on, all that tells of a fault is that the rest of it is missing. */
export function asBrokenStream(error: AppError): AppError {
  if (error.code === "upstream_refused") return error;
  return new AppError("streaming_error", `broke off its answer: ${error.message}`, {
    ...(error.cause !== undefined && { cause: error.cause }),
  });
}

/** A stream that broke before its first word: the same answer may be had in one piece. */
export function atStreamStart(error: AppError): AppError {
  if (error.code !== "upstream_failed") return error;
  return new AppError(error.code, error.message, {
    ...(error.cause !== undefined && { cause: error.cause }),
    details: { ...error.details, stream: true },
  });
}

/** The same failure with the upstream's name before it, and without its key, whoever may have said it. */
export function nameUpstream(error: AppError, upstream: string, key: string | undefined): AppError {
  const message = `upstream "${upstream}" ${error.message}`;
  return new AppError(error.code, key === undefined ? message : message.replaceAll(key, "[key]"), {
    ...(error.cause !== undefined && { cause: error.cause }),
    details: { ...error.details, upstream },
  });
}

function readPatience(headers: Headers, nowMs: number): ErrorDetails {
  const precise = Number(headers.get("retry-after-ms") ?? Number.NaN);
  const retryAfterMs = precise >= 0 ? precise : readRetryAfterMs(headers, nowMs);
  if (retryAfterMs === undefined) return {};
  const bounded = Math.min(retryAfterMs, maxRetryAfterMs);
  return { retryAfterMs: bounded, retryAfterSeconds: Math.max(1, Math.ceil(bounded / msPerSecond)) };
}

type ErrorText = { readonly message: string; readonly code: string };

function readErrorBody(body: string): ErrorText {
  try {
    return readError(JSON.parse(body));
  } catch {
    return { message: /^\s*</.test(body) ? "" : clean(body), code: "" };
  }
}

/** The shapes of OpenAI, Anthropic, Ollama, llama.cpp and FastAPI. */
function readError(value: unknown): ErrorText {
  if (typeof value === "string") return { message: clean(value), code: "" };
  if (typeof value !== "object" || value === null) return { message: "", code: "" };
  if ("error" in value && value.error !== null && value.error !== undefined) return readError(value.error);
  const message = "message" in value ? value.message : "detail" in value ? value.detail : "";
  const words = ["code", "type"].map((name) => Object.entries(value).find(([key]) => key === name)?.[1]);
  return {
    message: typeof message === "string" ? clean(message) : "",
    code: words.filter((word) => typeof word === "string").join(" "),
  };
}

/** One line without control characters, not too long. */
function clean(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return shortenText(line, maxMessageCharacters);
}
