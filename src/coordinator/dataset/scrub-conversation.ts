import { AppError } from "../../base/index.ts";
import type { FailureCode } from "../../plugin-host/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import { createMarks, type Marks } from "./marks.ts";

/** The judge that says where personal data and secrets stand. */
const scrubbingJudge = "pii";
/** What was taken out may leave something new behind; a text that is never clean is not exported. */
const maxPasses = 3;
/** Between the texts of a conversation, which are judged as one: a name that one introduces is known in the other. */
const between = "\n\n----\n\n";
/** Failures of one text; all others are of the judge, and nothing can be exported without it. */
const failuresOfText: readonly FailureCode[] = [
  ...(["timeout", "memory_limit", "stack_overflow", "trap", "input_too_large", "output_too_large"] as const),
];

export type Scrubbed = {
  readonly texts: readonly string[];
  /** How many places of each class were taken out. */
  readonly counts: ReadonlyMap<string, number>;
};

export type ConversationScrubber = (
  texts: readonly string[],
  signal: AbortSignal,
) => Promise<Scrubbed | undefined>;

/**
 * Puts a mark where the judge finds personal data, until it finds none. Undefined for texts that the judge cannot look
 * through; throws AppError plugin_failed where it cannot be asked.
 */
export function createConversationScrubber({
  plugins,
}: Pick<CoordinatorDeps, "plugins">): ConversationScrubber {
  return async (texts, signal) => {
    const marks = createMarks(texts);
    const counts = new Map<string, number>();
    let current: readonly string[] = texts.map((text) => text.toWellFormed());
    for (let pass = 0; pass < maxPasses; pass++) {
      const spans = await findSpans(await plugins(), current.join(between), signal);
      if (!spans) return undefined;
      if (spans.length === 0) return { texts: current, counts };
      for (const { label } of spans) counts.set(label, (counts.get(label) ?? 0) + 1);
      current = replaceSpans(current, spans, marks);
    }
    return undefined;
  };
}

type Span = { readonly label: string; readonly start: number; readonly length: number };

async function findSpans(
  plugins: Awaited<ReturnType<CoordinatorDeps["plugins"]>>,
  text: string,
  signal: AbortSignal,
): Promise<readonly Span[] | undefined> {
  const judged = await plugins.judge(scrubbingJudge, { response: text }, { signal, privacy: "local" });
  if (!judged.ok) {
    signal.throwIfAborted();
    const { code, message } = judged.failure;
    if (failuresOfText.includes(code)) return undefined;
    throw new AppError(
      "plugin_failed",
      `the judge ${scrubbingJudge} cannot be asked: ${message}; nothing is exported without it`,
    );
  }
  const { verdict, spans = [] } = judged.output;
  const isSilent = verdict === "abstain" || (verdict !== "pass" && spans.length === 0);
  return isSilent || !isOrdered(spans, text.length) ? undefined : spans;
}

/** Another judge may have taken the place of the one that is known. */
function isOrdered(spans: readonly Span[], length: number): boolean {
  let end = 0;
  return spans.every((span) => {
    const isBehind = span.start >= end;
    end = span.start + span.length;
    return isBehind && end <= length;
  });
}

/** A place that reaches from one text into the next is marked in both. */
function replaceSpans(texts: readonly string[], spans: readonly Span[], marks: Marks): readonly string[] {
  let offset = 0;
  return texts.map((text) => {
    let replaced = "";
    let done = 0;
    for (const { label, start, length } of spans) {
      const from = Math.max(0, start - offset);
      const to = Math.min(text.length, start + length - offset);
      if (to <= from) continue;
      replaced += text.slice(done, from) + marks.markOf(label, text.slice(from, to));
      done = to;
    }
    offset += text.length + between.length;
    return replaced + text.slice(done);
  });
}
