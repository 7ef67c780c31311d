/** The engine host's process: loads one model when it is told to, then serves it until the server goes away. */
import { toErrorRecord } from "../../base/index.ts";
import { type HostChannel, serveHost } from "../../process/index.ts";
import type { Device, HostMessage, HostRequest } from "../protocol.ts";
import { createLlamaBackend } from "./llama-backend.ts";
import type { LoadOptions } from "./load-options.ts";
import { ModelSession } from "./model-session.ts";
import { openNative } from "./symbols.ts";

/** Names the rendering of the template at load in `began`; requests count from 1. */
const loadId = 0;

/** Runs in the child process until the server goes away. */
export function runEngineHost(): void {
  let session: ModelSession | undefined;
  serveHost<HostRequest, HostMessage>({
    onMessage(message, channel) {
      switch (message.type) {
        case "open":
          openAhead(message.libraryDir);
          return;
        case "devices":
          channel.send({ type: "devices", devices: readDevices(message.libraryDir) });
          return;
        case "load":
          session = loadSession(message.options, channel);
          return;
        default:
          session?.receive(message);
      }
    },
  });
}

function openAhead(libraryDir: string): void {
  try {
    openNative(libraryDir);
  } catch {
    // The load meets the same failure and reports it.
  }
}

function readDevices(libraryDir: string): readonly Device[] {
  const { symbols, takeText } = openNative(libraryDir);
  return JSON.parse(takeText(symbols.hearth_devices()));
}

function loadSession(options: LoadOptions, channel: HostChannel<HostMessage>): ModelSession | undefined {
  const spawnToLoadMs = performance.now();
  try {
    const backend = createLlamaBackend(options, (work) => {
      channel.send({ type: "began", id: loadId });
      work();
      channel.send({ type: "ended", id: loadId });
    });
    const session = new ModelSession(backend, options, channel);
    const { endTokens, addsBos, bosToken, infillTokens, canTrim, recommendedSampling, ...description } =
      backend.model;
    const loadedAtMs = performance.now();
    const adapterProblem = session.loadDefaultAdapters();
    const nowMs = performance.now();
    channel.send({
      type: "loaded",
      description: { ...description, contextTokens: session.contextTokens },
      phases: {
        ...backend.phases,
        spawnToLoadMs,
        adaptersMs: nowMs - loadedAtMs,
        totalMs: nowMs - spawnToLoadMs,
      },
      ...(backend.memory && { memory: backend.memory }),
      ...(adapterProblem !== undefined && { adapterProblem }),
    });
    return session;
  } catch (error) {
    channel.send({ type: "load-failed", error: toErrorRecord(error) });
    return undefined;
  }
}
