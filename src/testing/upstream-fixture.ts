import type { UpstreamConfig } from "../config/index.ts";
import type { JsonObject, JsonValue } from "../contract/index.ts";
import {
  type FixtureConnection,
  type FixtureRequest,
  startHttpFixture,
  writeHttpAnswer,
} from "./http-fixture.ts";
import { toPieces, type UpstreamCall, type UpstreamReply, type UpstreamScript } from "./upstream-script.ts";
import { toErrorBody, toErrorFrame, toFrames, toWholeAnswer, type UpstreamKind } from "./upstream-wire.ts";

/*
 * A server elsewhere for tests: it speaks the protocol of OpenAI or of Anthropic over real connections, says what its
 * script tells it to, keeps what it was asked, and misbehaves where a reply has a fault.
 */

export type UpstreamFixture = AsyncDisposable & {
  /** What `url` of an upstream's configuration would be. */
  readonly url: string;
  /** All that it was asked, in the order of arrival. */
  readonly calls: readonly UpstreamCall[];
  /** Of those, the calls that wanted an answer of a model. */
  readonly generations: readonly UpstreamCall[];
  readonly openConnections: number;
  readonly acceptedConnections: number;
  /** Its configuration under that name. */
  config(name: string, changes?: Partial<UpstreamConfig>): UpstreamConfig;
};

export type UpstreamFixtureOptions = {
  /** Default: openai. */
  readonly kind?: UpstreamKind;
  /** Default: says "Hello from MODEL." */
  readonly script?: UpstreamScript | readonly UpstreamReply[] | undefined;
  /** What /models lists; `none`: it has no such route. Default: small and large. */
  readonly models?: readonly { readonly id: string; readonly contextTokens?: number }[] | "none";
  /** Vectors for /embeddings; default: four numbers made from the text. */
  readonly embed?: (text: string) => readonly number[];
};

/** Bun drops what it has of a body and nobody has read, once the connection breaks. */
const readTimeMs = 50;
const standardModels = [{ id: "small", contextTokens: 8_192 }, { id: "large" }];

/** What is missing at the end of a whole answer that breaks. */
const cutBytes = 20;

/** Listens until the end of the `await using` scope, which also cuts what is still open. */
export async function startUpstreamFixture(options: UpstreamFixtureOptions = {}): Promise<UpstreamFixture> {
  const { kind = "openai", models = standardModels, embed = toLetterCounts } = options;
  const script = toScript(options.script);
  const calls: UpstreamCall[] = [];
  const generations: UpstreamCall[] = [];
  const server = await startHttpFixture(async (request, connection) => {
    const call = readCall(request, generations.length);
    calls.push(call);
    const route = call.path.replace(/\?.*$/, "").replace(/^\/v1/, "");
    if (call.method === "GET" && route === "/models" && models !== "none")
      return connection.end(writeJson({ object: "list", data: models.map(toModel) }));
    if (route === "/embeddings") return connection.end(writeJson(toEmbeddings(call, embed)));
    if (!["/chat/completions", "/completions", "/messages"].includes(route))
      return connection.end(writeJson(toErrorBody(kind, `no route ${route}`, "not_found_error"), 404));
    generations.push(call);
    const reply = await script(call);
    await reply.waitFor;
    await answer(kind, call, reply, connection);
  });
  return {
    url: `http://127.0.0.1:${server.port}/v1`,
    calls,
    generations,
    get openConnections() {
      return server.openConnections;
    },
    get acceptedConnections() {
      return server.acceptedConnections;
    },
    config: (name, changes = {}) => ({
      ...{ name, url: `http://127.0.0.1:${server.port}/v1`, kind, models: {} },
      ...changes,
    }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A list is gone through call by call; its last reply is given again to those that come after. */
function toScript(script: UpstreamFixtureOptions["script"]): UpstreamScript {
  if (typeof script === "function") return script;
  const replies = script ?? [];
  return (call) => replies[Math.min(call.index, replies.length - 1)] ?? { text: `Hello from ${call.model}.` };
}

function readCall(request: FixtureRequest, index: number): UpstreamCall {
  const text = Buffer.from(request.body, "latin1").toString("utf8");
  const body = (text === "" ? {} : JSON.parse(text)) as JsonObject;
  const { method, target, headers } = request;
  return {
    ...{ method, path: target, headers: Object.fromEntries(headers), body, index },
    model: String(body.model ?? ""),
    question: findQuestion(body),
  };
}

function findQuestion({ messages, prompt }: JsonObject): string {
  if (typeof prompt === "string") return prompt;
  if (!Array.isArray(messages)) return "";
  const asked = (messages as readonly JsonObject[]).findLast(({ role }) => role === "user");
  const content: JsonValue | undefined = asked?.content;
  if (!Array.isArray(content)) return String(content ?? "");
  return (content as readonly JsonObject[]).map(({ text }) => String(text ?? "")).join("\n");
}

async function answer(
  kind: UpstreamKind,
  call: UpstreamCall,
  reply: UpstreamReply,
  connection: FixtureConnection,
): Promise<void> {
  const { fault } = reply;
  if (fault?.type === "silent") return;
  if (fault?.type === "status") {
    const { status, message = `status ${status}`, code = `error_${status}`, retryAfter } = fault;
    const headers = retryAfter === undefined ? {} : { "retry-after": retryAfter };
    return connection.end(writeJson(toErrorBody(kind, message, code), status, headers));
  }
  if (fault?.type === "redirect")
    return connection.end(writeHttpAnswer({ status: 302, headers: { location: fault.location } }));
  if (fault?.type === "html") {
    const headers = { "content-type": "text/html" };
    return connection.end(writeHttpAnswer({ headers, body: "<html><body>Sign in</body></html>" }));
  }
  if (call.body.stream !== true || fault?.type === "not-streamed")
    return answerWhole(kind, call, reply, connection);
  await stream(kind, call, reply, connection);
}

function answerWhole(
  kind: UpstreamKind,
  call: UpstreamCall,
  reply: UpstreamReply,
  connection: FixtureConnection,
): void {
  const { fault } = reply;
  const isRight = !fault || !("afterPieces" in fault) || ("isOfStreams" in fault && fault.isOfStreams);
  if (fault?.type === "stalls") return;
  const body =
    fault?.type === "error-frame"
      ? toErrorBody(kind, fault.message ?? "overloaded", "overloaded_error")
      : toWholeAnswer(kind, call, reply);
  const bytes = writeJson(body);
  connection.end(isRight || fault.type === "error-frame" ? bytes : bytes.subarray(0, -cutBytes));
}

async function stream(
  kind: UpstreamKind,
  call: UpstreamCall,
  reply: UpstreamReply,
  connection: FixtureConnection,
): Promise<void> {
  const { fault, beforePiece } = reply;
  const frames = toFrames(kind, call, reply);
  const write = (text: string) => connection.write(toChunk(text));
  await connection.write(
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n",
  );
  const count = toPieces(reply).length;
  if (fault?.type === "huge-line") return await write(`data: ${"x".repeat(fault.bytes)}`);
  for (const frame of frames.head) await write(frame);
  for (let piece = 0; piece <= count; piece += 1) {
    if (fault && "afterPieces" in fault && fault.afterPieces === piece) {
      if (fault.type === "stalls") return;
      if (fault.type === "dies") {
        await (fault.when ?? Bun.sleep(readTimeMs));
        return connection.end();
      }
      if (fault.type === "garbage") await write("data: {garbage, no JSON\n\n");
      else if (fault.type === "error-frame") await write(toErrorFrame(kind, fault.message ?? "overloaded"));
      else await write(frames.pieces[piece]?.slice(0, -20) ?? 'data: {"id');
      return connection.end("0\r\n\r\n");
    }
    const frame = frames.pieces[piece];
    if (frame === undefined) break;
    await beforePiece?.(piece);
    await write(frame);
  }
  while (fault?.type === "endless" && connection.isOpen) {
    for (const frame of frames.pieces) await write(frame);
    await Bun.sleep(0);
  }
  connection.end(`${toChunk(frames.tail.join(""))}0\r\n\r\n`);
}

function toChunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

function writeJson(
  body: JsonValue,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Uint8Array {
  const all = { "content-type": "application/json", connection: "close", ...headers };
  return writeHttpAnswer({ status, headers: all, body: JSON.stringify(body) });
}

function toModel({ id, contextTokens }: { readonly id: string; readonly contextTokens?: number }) {
  return {
    ...{ id, object: "model", type: "model", display_name: id, created: 1_700_000_000, owned_by: "fixture" },
    ...(contextTokens !== undefined && { context_window: contextTokens }),
  };
}

function toEmbeddings({ body, model }: UpstreamCall, embed: (text: string) => readonly number[]): JsonObject {
  const inputs = Array.isArray(body.input) ? (body.input as readonly JsonValue[]) : [body.input ?? ""];
  const data = inputs.map((input, index) => ({
    ...{ object: "embedding", index, embedding: embed(String(input)) },
  }));
  return {
    object: "list",
    model,
    data,
    usage: { prompt_tokens: inputs.length, total_tokens: inputs.length },
  };
}

function toLetterCounts(text: string): number[] {
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  return [1 + count(/[a-f]/gi), count(/[g-m]/gi), count(/[n-s]/gi), count(/[t-z]/gi)];
}
