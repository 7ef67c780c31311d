import { bench } from "mitata";
import { createEventStream, sseFormat } from "../../src/server/stream.ts";

const EVENTS = 1000;
const KEEP_ALIVE_MS = 15_000;
const frame = `data: {"choices":[{"index":0,"delta":{"content":" word"},"finish_reason":null}]}\n\n`;

/** One token at a time: each event waits for its own turn of the event loop, as the engine's steps do. */
async function* spacedEvents(): AsyncGenerator<string> {
  for (let index = 0; index < EVENTS; index++) {
    await new Promise<void>(setImmediate);
    yield frame;
  }
}

async function* readyEvents(): AsyncGenerator<string> {
  for (let index = 0; index < EVENTS; index++) yield frame;
}

export function registerEventStream(): undefined {
  bench(`${EVENTS} events, one after the other`, () => drain(spacedEvents()));
  bench(`${EVENTS} events that are all ready`, () => drain(readyEvents()));
  return undefined;
}

async function drain(events: AsyncIterable<string>): Promise<number> {
  const { body } = createEventStream({
    opening: "",
    keepAlive: sseFormat.keepAlive,
    events,
    encode: (event) => event,
    encodeError: String,
    onCancel: () => undefined,
    keepAliveMs: KEEP_ALIVE_MS,
  });
  let bytes = 0;
  for await (const chunk of body) bytes += chunk.length;
  if (bytes !== EVENTS * frame.length) throw new Error(`${bytes} bytes came out`);
  return bytes;
}
