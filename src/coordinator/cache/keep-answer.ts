import type { AnswerEvent, Receipt } from "../../contract/index.ts";
import { measureComparison } from "./measure.ts";
import { type Asked, type CacheParts, exactSpace, type Miss } from "./parts.ts";
import type { StoredAnswer } from "./stored-answer.ts";

/** Of an answer and its reasoning; longer ones are not stored. */
const maxAnswerCharacters = 100_000;

/** Passes the events on; once the answer is whole it is stored, and held against what was found, beside the request. */
export async function* keepAnswer(
  parts: CacheParts,
  asked: Asked,
  missed: Miss,
  events: AsyncIterable<AnswerEvent>,
): AsyncGenerator<AnswerEvent, void, undefined> {
  const taker = createTaker();
  try {
    for await (const event of events) {
      taker.take(event);
      yield event;
    }
  } finally {
    const answer = taker.answer();
    if (answer) keepLater(parts, asked, missed, answer);
  }
}

function keepLater(parts: CacheParts, asked: Asked, missed: Miss, answer: StoredAnswer): void {
  const { journal, work } = parts;
  const hasRoom = work.add(async (signal) => {
    const ruling = await parts.guard.admit(asked.question.text, answer.text, {
      ...{ signal, isLocal: asked.isLocal },
    });
    if (!ruling.ok) return journal.count("store_refused");
    await measureComparison(parts, asked, missed, answer, signal);
    // What is there of the very question stays: only the shadow finds it and asks again.
    if (missed.comparison?.space !== exactSpace && asked.purges === parts.purges.count)
      store(parts, asked, missed, answer);
  });
  if (!hasRoom) journal.count("dropped");
}

function store({ journal }: CacheParts, asked: Asked, { meaning }: Miss, answer: StoredAnswer): void {
  const { request, model, fingerprint, questionHash, question } = asked;
  journal.note({
    type: "entry",
    entry: {
      ...{ tenant: request.tenant, model, fingerprint, questionHash, question: question.text, answer },
      tags: request.tags ?? [],
      ...(meaning && { embedding: meaning.vector, bits: meaning.bits }),
    },
  });
}

/** Takes the events of an answer; what is cut, failed, judged to be wrong, or more than text, is none to keep. */
function createTaker() {
  let [text, reasoning] = ["", ""];
  let receipt: Receipt | undefined;
  let finish: Extract<AnswerEvent, { type: "finish" }> | undefined;
  let done: Extract<AnswerEvent, { type: "done" }> | undefined;
  let isUnfit = false;
  return {
    take(event: AnswerEvent): void {
      if (event.type === "text") text += event.text;
      else if (event.type === "reasoning") reasoning += event.text;
      else if (event.type === "receipt") receipt = event.receipt;
      else if (event.type === "finish") finish = event;
      else if (event.type === "done") done = event;
      else if (event.type === "tool-call") isUnfit = true;
      else if (event.type === "judged" && event.judgement?.verdict === "fail") isUnfit = true;
      if (text.length + reasoning.length > maxAnswerCharacters) isUnfit = true;
      if (isUnfit) [text, reasoning] = ["", ""];
    },
    answer(): StoredAnswer | undefined {
      if (isUnfit || !done || finish?.reason !== "stop" || text.trim() === "") return undefined;
      // Whoever answers in the place of a model that failed is not to answer for it tomorrow.
      if (!receipt || receipt.route.attempts.some(({ outcome }) => outcome === "failed")) return undefined;
      if (receipt.context?.reason !== undefined && receipt.context.citations.length === 0) return undefined;
      const { promptTokens, completionTokens, reasoningTokens } = done.usage;
      return {
        ...{ answeredBy: receipt.answeredBy, text, reasoning },
        ...(finish.stopSequence !== undefined && { stopSequence: finish.stopSequence }),
        usage: { promptTokens, completionTokens, reasoningTokens },
        ...(receipt.context && { context: receipt.context }),
      };
    },
  };
}
