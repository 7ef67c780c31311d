import { join } from "node:path";
import { bench } from "mitata";
import { type HostHandle, spawnHost } from "../../src/process/index.ts";

const BATCH = 32;
const PROMPT_TOKENS = 2000;

/** Messages to a child host and back, through the same channel as the engine's. */
export function registerIpc(): Disposable {
  let remaining = 0;
  let onDone: () => void = () => undefined;
  const host = spawnHost<unknown, unknown>({
    role: "engine-host",
    command: [process.execPath, "--no-env-file", join(import.meta.dir, "ipc-echo.ts")],
    onMessage: () => {
      remaining--;
      if (remaining === 0) onDone();
    },
  });
  void failWhenGone(host);
  const roundTrip = (messages: readonly unknown[]): Promise<void> =>
    new Promise((resolve) => {
      remaining = messages.length;
      onDone = resolve;
      for (const message of messages) host.send(message);
    });
  const event = { type: "event", id: "chatcmpl-1", event: { type: "text", choice: 0, text: " word" } };
  const oneStep = Array.from({ length: BATCH }, () => event);
  const prompt = {
    type: "generate",
    id: "chatcmpl-1",
    tokens: Int32Array.from({ length: PROMPT_TOKENS }, (_, i) => i),
  };

  bench("one text event", () => roundTrip([event]));
  bench(`${BATCH} text events, one message each`, () => roundTrip(oneStep));
  bench(`${BATCH} text events in one message`, () => roundTrip([oneStep]));
  bench(`${PROMPT_TOKENS} tokens`, () => roundTrip([prompt]));
  return { [Symbol.dispose]: () => host.kill() };
}

/** An unexpected end would leave a round trip waiting for ever. */
async function failWhenGone(host: HostHandle): Promise<void> {
  const { killedFor, stderrTail } = await host.exited;
  if (killedFor === undefined) throw new Error(`the echo host ended: ${stderrTail}`);
}
