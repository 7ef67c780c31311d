/** The load generator: streamed chat completions over plain fetch, with a time stamp for every frame that carries text. */

export type ChatMessage = { readonly role: "system" | "user" | "assistant"; readonly content: string };

/** A server and the name it gives to its model. */
export type ChatTarget = { readonly url: string; readonly model: string };

export type StreamRequest = {
  readonly messages: readonly ChatMessage[];
  readonly maxTokens: number;
  readonly seed: number;
};

export type StreamResult = {
  readonly text: string;
  /** Milliseconds from sending the request to the first frame with text. */
  readonly timeToFirstTokenMs: number;
  readonly endToEndMs: number;
  /** Milliseconds since sending, one entry a frame with text. */
  readonly frameTimesMs: readonly number[];
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
};

export type BatchResult = { readonly streams: readonly StreamResult[]; readonly wallMs: number };

/** Named in full so that no server's own defaults come into play. */
export const sampling = {
  temperature: 0.8,
  top_k: 40,
  top_p: 0.95,
  min_p: 0.05,
  repeat_penalty: 1,
  presence_penalty: 0,
  frequency_penalty: 0,
  ignore_eos: true,
} as const;

type Frame = {
  readonly choices?: readonly { readonly delta?: { readonly content?: string | null } }[];
  readonly usage?: {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly prompt_tokens_details?: { readonly cached_tokens?: number };
  } | null;
  readonly error?: { readonly message?: string };
};

/** Sends one request and reads its stream to the end; throws unless exactly `maxTokens` tokens were generated. */
export async function streamChat(
  { url, model }: ChatTarget,
  request: StreamRequest,
  signal: AbortSignal,
): Promise<StreamResult> {
  const startedMs = performance.now();
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    // A server may close an idle connection at the moment it is used again, which would fail the run.
    keepalive: false,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(requestBody(model, request)),
    signal,
  });
  if (!response.ok || response.body === null) {
    throw new Error(`${url} answered ${response.status}: ${(await response.text()).slice(0, 500)}`);
  }
  const frameTimesMs: number[] = [];
  let text = "";
  let usage: Frame["usage"];
  for await (const frame of readFrames(response.body)) {
    if (frame.error !== undefined)
      throw new Error(`${url} broke off: ${frame.error.message ?? "no message"}`);
    const content = frame.choices?.[0]?.delta?.content;
    if (content !== undefined && content !== null && content !== "") {
      frameTimesMs.push(performance.now() - startedMs);
      text += content;
    }
    usage = frame.usage ?? usage;
  }
  const endToEndMs = performance.now() - startedMs;
  if (usage?.completion_tokens !== request.maxTokens) {
    throw new Error(
      `${url} generated ${usage?.completion_tokens ?? "an unknown number of"} tokens instead of ${request.maxTokens}`,
    );
  }
  return {
    text,
    timeToFirstTokenMs: frameTimesMs[0] ?? endToEndMs,
    endToEndMs,
    frameTimesMs,
    promptTokens: usage.prompt_tokens,
    cachedTokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
    completionTokens: usage.completion_tokens,
  };
}

/** Sends all requests at once and waits for the last answer. */
export async function streamBatch(
  target: ChatTarget,
  requests: readonly StreamRequest[],
  signal: AbortSignal,
): Promise<BatchResult> {
  const startedMs = performance.now();
  const streams = await Promise.all(requests.map((request) => streamChat(target, request, signal)));
  return { streams, wallMs: performance.now() - startedMs };
}

function requestBody(model: string, request: StreamRequest): object {
  return {
    model,
    ...sampling,
    messages: request.messages,
    max_tokens: request.maxTokens,
    seed: request.seed,
    stream: true,
    stream_options: { include_usage: true },
  };
}

async function* readFrames(body: ReadableStream<Uint8Array>): AsyncGenerator<Frame> {
  const decoder = new TextDecoder();
  let pending = "";
  for await (const chunk of body) {
    pending += decoder.decode(chunk, { stream: true });
    let end = pending.indexOf("\n\n");
    while (end >= 0) {
      const frame = pending.slice(0, end);
      pending = pending.slice(end + 2);
      end = pending.indexOf("\n\n");
      if (frame.startsWith("data: {")) yield JSON.parse(frame.slice("data: ".length));
    }
  }
}
