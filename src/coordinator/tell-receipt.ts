import type { AnswerEvent, CacheReceipt, ContextReceipt } from "../contract/index.ts";
import type { RoutedEvent } from "./routing/router.ts";

type Told = { readonly receipt: CacheReceipt; readonly context?: ContextReceipt };

/** Makes of where an answer comes from, and of what was known before, the receipt that everybody reads. */
export async function* tellReceipt(
  events: AsyncIterable<RoutedEvent>,
  { receipt: cache, context }: Told,
): AsyncGenerator<AnswerEvent, void, undefined> {
  for await (const event of events) {
    if (event.type !== "routed") {
      yield event;
      continue;
    }
    const { answeredBy, route } = event;
    yield { type: "receipt", receipt: { answeredBy, route, cache, ...(context && { context }) } };
  }
}
