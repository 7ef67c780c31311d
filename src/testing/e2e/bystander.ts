import { collectStream, post, readFrames, streamBody } from "./requests.ts";

const answerTokens = 150;

export type Bystander = {
  /** Streams that ran to their end. */
  readonly finished: number;
  /** What went wrong with one, undefined as long as nothing did. */
  readonly failure: string | undefined;
  /** Ends after the present stream. */
  stop(): Promise<void>;
};

/** A client that always has an answer running, so that a test can tell whether others are harmed by what it does. */
export function startBystander(url: string): Bystander {
  let finished = 0;
  let failure: string | undefined;
  let isStopped = false;
  const ended = (async () => {
    while (!isStopped && failure === undefined) {
      const response = await post(`${url}/v1/chat/completions`, streamBody(answerTokens));
      const { isDone, completionTokens, finishReason, frames } = await collectStream(readFrames(response));
      if (isDone && completionTokens === answerTokens && finishReason === "length") finished += 1;
      else failure = `${response.status}: ${frames.slice(-2).join(" ")}`;
    }
  })().catch((error: unknown) => {
    failure = String(error);
  });
  return {
    get finished() {
      return finished;
    },
    get failure() {
      return failure;
    },
    async stop() {
      isStopped = true;
      await ended;
    },
  };
}
