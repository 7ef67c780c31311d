/**
 * The plugin host process: it holds compiled plugins and runs one call at a time, and others while one waits for the
 * network or the server. It trusts no guest; what a guest can still do to it, the server ends by killing it.
 */
import { type HostChannel, serveHost } from "../../process/index.ts";
import { type Failure, PluginFailure } from "../failure.ts";
import type { FromHost, GuestSpec, HostCall, HostCallResult, ToHost } from "../protocol.ts";
import type { CallState } from "./call-state.ts";
import { type Guest, loadGuest } from "./guest.ts";
import { createTurn } from "./turn.ts";

/** Memory of instances that were let go; once it is this much it is given back to the system. */
const collectAfterBytes = 32 * 1_048_576;

type CallMessage = Extract<ToHost, { type: "call" }>;
type Reply = { resolve(value: Uint8Array | string | undefined): void; reject(error: PluginFailure): void };

/** Answers the server until it goes away. */
export function runPluginHost(): void {
  const guests = new Map<string, Promise<Guest>>();
  const calls = new Map<number, CallState>();
  /** Calls that wait for the thread. */
  const entering = new Set<number>();
  const replies = new Map<number, Reply>();
  const turn = createTurn();
  let callIds = 0;
  let droppedBytesInAll = 0;
  const channel: HostChannel<FromHost> = serveHost<ToHost, FromHost>({
    onMessage: (message) => receive(message),
  });
  channel.send({ type: "ready" });

  function receive(message: ToHost): void {
    switch (message.type) {
      case "load":
        void load(message.spec);
        break;
      case "unload":
        guests.delete(message.key);
        Bun.gc(true);
        break;
      case "call":
        void call(message);
        break;
      case "cancel":
        cancel(message.id, message.failure);
        break;
      case "reply":
        settle(message.callId, message.result);
        break;
      default:
        message satisfies never;
    }
  }
  async function load(spec: GuestSpec): Promise<void> {
    const { key } = spec;
    await turn.take();
    const loading = loadGuest(spec);
    guests.set(key, loading);
    try {
      const { facts } = await loading;
      channel.send({ type: "loaded", key, facts });
    } catch (error) {
      guests.delete(key);
      channel.send({ type: "load-failed", key, failure: toFailure(error) });
      collectSoon();
    } finally {
      turn.give();
    }
  }
  async function call({ id, key, options, isAnnounced }: CallMessage): Promise<void> {
    // A plugin that is unloaded while its call waits for the thread is still the one that was called.
    const loaded = guests.get(key);
    entering.add(id);
    await turn.take();
    const isWanted = entering.delete(id);
    try {
      if (!isWanted) throw new PluginFailure("plugin_cancelled", "it was called off before it began");
      const guest = await loaded;
      if (!guest) throw new PluginFailure("plugin_host_died", "it is not loaded");
      if (isAnnounced) channel.send({ type: "began", id });
      const { result, report, droppedBytes } = await guest.call(options, {
        ask: (asked) => ask(id, asked),
        log: (line) => channel.send({ type: "log", id, line }),
        waiting(memoryBytes) {
          channel.send({ type: "waiting", id, memoryBytes });
          turn.give();
        },
        async resumed() {
          await turn.take();
          channel.send({ type: "resumed", id });
        },
        onStart: (state) => calls.set(id, state),
      });
      if ("failure" in result) channel.send({ type: "failed", id, failure: result.failure, report });
      else channel.send({ type: "result", id, output: result.output, report });
      collect(droppedBytes);
    } catch (error) {
      const report = { durationMs: 0, memoryBytes: 0 };
      channel.send({ type: "failed", id, failure: toFailure(error), report });
      collectSoon();
    } finally {
      calls.delete(id);
      turn.give();
    }
  }
  /** The engine collects by the size of its own heap, and the memory of guests is none of it. */
  function collect(droppedBytes: number): void {
    if (droppedBytes === 0) return;
    droppedBytesInAll += droppedBytes;
    if (droppedBytesInAll < collectAfterBytes) return;
    droppedBytesInAll = 0;
    collectSoon();
  }
  function collectSoon(): void {
    setImmediate(() => Bun.gc(true));
  }
  function cancel(id: number, failure: Failure): void {
    entering.delete(id);
    const state = calls.get(id);
    if (!state) return;
    state.violation ??= new PluginFailure(failure.code, failure.message);
    state.abort.abort(state.violation);
  }
  function ask(id: number, asked: HostCall): Promise<Uint8Array | string | undefined> {
    callIds += 1;
    const callId = callIds;
    return new Promise((resolve, reject) => {
      replies.set(callId, { resolve, reject });
      channel.send({ type: "host-call", id, callId, call: asked });
    });
  }
  function settle(callId: number, result: HostCallResult): void {
    const reply = replies.get(callId);
    replies.delete(callId);
    if (result.ok) reply?.resolve(result.value);
    else reply?.reject(new PluginFailure(result.failure.code, result.failure.message));
  }
}

function toFailure(error: unknown): Failure {
  if (error instanceof PluginFailure) return error.toRecord();
  return { code: "plugin_host_died", message: "the host failed to run it" };
}
