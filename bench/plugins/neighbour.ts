import {
  endlessLoop,
  forever,
  type GuestParts,
  joinWasm,
  op,
  packPlugin,
  wasmI32Const,
  writeGuest,
} from "../../src/testing/index.ts";
import type { Figure } from "../figures.ts";
import { type StreamResult, streamChat } from "../load.ts";
import { ensureModel, halfBillion } from "../models.ts";
import { defaultHearthCommand, type RunningServer, startServer } from "../servers.ts";
import { median } from "../statistics.ts";

const tokens = 100;
const quarantined = 409;
const runs = 3;
const threads = 2;
const targetRatio = 1.5;
const percentile = 0.99;
const never = new AbortController().signal;

type Code = GuestParts["functions"][number]["code"];

/** What a plugin does, again and again, while a chat is answered. */
const misbehaviours: readonly (readonly [what: string, code: Code])[] = [
  ["spins", () => [endlessLoop]],
  [
    "fills 64 MiB of memory without end",
    () => [
      joinWasm([wasmI32Const(1_023), [0x40, 0, op.drop]]),
      forever(joinWasm([wasmI32Const(0), wasmI32Const(1), wasmI32Const(2 ** 26), [0xfc, 11, 0]])),
    ],
  ],
  [
    "asks for a stored value without end",
    ({ text, host }) => [forever(text("key"), host("kv_get"), [op.drop])],
  ],
];

/** The 99th percentile of the gaps between tokens of a chat, without and with a plugin that does harm. */
export async function measureNeighbours(): Promise<readonly Figure[]> {
  const settings = {
    modelPath: await ensureModel(halfBillion),
    parallel: 1,
    contextTokensPerStream: 1_024,
    threads,
  };
  const commands = { hearth: defaultHearthCommand(), llamaServer: "" };
  const figures: Figure[] = [];
  for (const [what, code] of misbehaviours) {
    const server = await startServer("hearth", commands, settings, never);
    try {
      figures.push(await measure(server, what, code));
    } finally {
      await server.stop();
    }
  }
  return figures;
}

/** First without: a call goes on after its caller has gone, and would be in the way of what is measured after it. */
async function measure(server: RunningServer, what: string, code: Code): Promise<Figure> {
  await addPlugin(server, code);
  await stream(server);
  const without: number[] = [];
  for (let run = 0; run < runs; run += 1) without.push(p99GapMs(await stream(server)));
  const harm = keepCalling(server);
  const beside: number[] = [];
  for (let run = 0; run < runs; run += 1) beside.push(p99GapMs(await stream(server)));
  await harm.stop();
  const ratio = median(beside) / median(without);
  const medians = `${median(without).toFixed(1)} and ${median(beside).toFixed(1)} ms`;
  return {
    name: `p99 between tokens of a model of 0.5 B without and with a plugin that ${what}: ${medians}, ratio`,
    value: ratio.toFixed(2),
    target: `${targetRatio}`,
    isReached: ratio <= targetRatio,
  };
}

function stream({ url, model }: RunningServer): Promise<StreamResult> {
  const messages = [{ role: "user", content: "Tell me about the sea." }] as const;
  return streamChat({ url, model }, { messages, maxTokens: tokens, seed: 1 }, never);
}

function p99GapMs({ frameTimesMs }: StreamResult): number {
  const gaps = frameTimesMs.slice(1).map((timeMs, index) => timeMs - (frameTimesMs[index] ?? 0));
  return gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length * percentile)] ?? Number.NaN;
}

async function addPlugin({ url }: RunningServer, code: Code): Promise<void> {
  const permissions = { kv: { reason: "to be asked often" } };
  const module = packPlugin(writeGuest({ functions: [{ code }] }), {
    ...{ kind: "judge", name: "neighbour", version: "1.0.0", permissions },
  });
  await send(`${url}/api/plugins`, Buffer.from(module));
  const decisions = { grants: ["kv"], limits: { timeoutMs: 5_000, hostCalls: 1_000_000 } };
  await send(`${url}/api/plugins/neighbour/grants`, JSON.stringify(decisions));
}

/** Calls the plugin whenever it is not running; its quarantine ends at once. */
function keepCalling({ url }: RunningServer): { stop(): Promise<void> } {
  const caller = new AbortController();
  const plugin = `${url}/api/plugins/neighbour`;
  const ended = (async () => {
    while (!caller.signal.aborted) {
      const body = JSON.stringify({ input: { response: "r" } });
      const { status } = await post(`${plugin}/call`, body, caller.signal);
      if (status === quarantined) await post(`${plugin}/enable`, "{}", caller.signal);
    }
  })().catch(() => undefined);
  return {
    async stop() {
      caller.abort();
      await ended;
    },
  };
}

function post(url: string, body: string | Buffer<ArrayBuffer>, signal?: AbortSignal): Promise<Response> {
  const headers = { "content-type": typeof body === "string" ? "application/json" : "application/wasm" };
  return fetch(url, { method: "POST", body, headers, ...(signal && { signal }) });
}

async function send(url: string, body: string | Buffer<ArrayBuffer>): Promise<void> {
  const response = await post(url, body);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
}
