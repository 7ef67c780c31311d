import type { AppError } from "../../base/index.ts";
import type { GenerateRequest } from "../../contract/index.ts";
import type { Engine } from "../../engine/index.ts";
import type { PolicyInput, PolicyOutput } from "../../plugin-host/index.ts";
import { type Clock, deadlinePresets } from "../../resilience/index.ts";
import type { Database } from "../../store/index.ts";
import { openHomeDatabase } from "../../store/index.ts";
import {
  createChatRequest,
  createFakeEngine,
  createFakeLibrary,
  createTemporaryFolder,
  type FakeStep,
  quietSettings,
} from "../../testing/index.ts";
import { type Upstream, type UpstreamHealth, type Upstreams, withUpstreams } from "../../upstreams/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import { createRecorder, type GenerationRecord } from "../recorder.ts";
import { tellReceipt } from "../tell-receipt.ts";
import type { RoutedEvent, RoutedRequest } from "./router.ts";
import { createRouting } from "./routes.ts";

export type PolicyAnswer = (input: PolicyInput<"route.decide">) => Partial<PolicyOutput<"route.decide">>;

export type RoutingOptions = {
  readonly models?: readonly string[];
  readonly script?: (request: GenerateRequest, call: number) => readonly FakeStep[];
  readonly settings?: Partial<CoordinatorDeps["settings"]>;
  /** Takes the place of the policy plugin. */
  readonly policy?: PolicyAnswer | "broken";
  /** The real plugins, or others. */
  readonly plugins?: CoordinatorDeps["plugins"];
  readonly prices?: { readonly inputUsd: number; readonly outputUsd: number };
  readonly health?: UpstreamHealth["state"];
  /** Why the upstream would not take a request. */
  readonly refusal?: (request: GenerateRequest) => AppError | undefined;
  /** Default: `work`. */
  readonly upstreams?: "none";
  readonly home?: string;
  readonly now?: () => number;
  readonly isLoaded?: boolean;
  /** In place of the scripted one. */
  readonly engine?: Engine;
  /** Real ones, in place of the scripted `work`. */
  readonly elsewhere?: Upstreams;
};

/** Routing between `small` of this machine and `big@work`, all scripted but the database. */
export function openRouting(options: RoutingOptions = {}) {
  const { models = ["small", "other", "big@work", "huge@work"], script = () => [{ text: "hi" }] } = options;
  const folder = createTemporaryFolder();
  const counts = new Map<string, number>();
  const engine = createFakeEngine({
    models,
    queueLimit: 100_000,
    ...(options.isLoaded !== undefined && { isLoaded: options.isLoaded }),
    script(request) {
      const call = counts.get(request.model) ?? 0;
      counts.set(request.model, call + 1);
      return script(request, call);
    },
  });
  const names = models.filter((name) => !name.includes("@"));
  const logs: string[] = [];
  const log = (event: string) => void logs.push(event);
  const observed: string[] = [];
  const observe =
    (name: string) =>
    (...values: readonly unknown[]) =>
      void observed.push(
        [name, ...values.map((value) => (typeof value === "object" ? "" : String(value)))].join(" "),
      );
  const clock = createHastyClock();
  const upstream = createUpstreamDouble(options);
  const scripted: Upstreams = {
    list: options.upstreams ? [] : [upstream],
    find: (name) => (name === "work" && !options.upstreams ? upstream : undefined),
  };
  const upstreams = options.elsewhere ?? scripted;
  let database: Database | undefined;
  const plugins = options.plugins ?? createPolicyDouble(options.policy);
  const deps: CoordinatorDeps = {
    engine: options.engine ?? (options.elsewhere ? withUpstreams(engine, options.elsewhere) : engine),
    library: createFakeLibrary({ names }),
    generate: (request, signal) => tell(routing.router.route({ request }, signal)),
    knowledge: () => Promise.reject(new Error("this test has no knowledge")),
    plugins,
    async database() {
      database ??= await openHomeDatabase(options.home ?? folder.path);
      return database;
    },
    upstreams,
    settings: { ...quietSettings, models: ["small"], ...options.settings },
    logger: { info: log, warn: log, error: log },
    observer: {
      ...{ routed: observe("routed"), fellBack: observe("fellBack"), spent: observe("spent") },
      ...{
        cacheLooked: observe("cacheLooked"),
        falseHit: observe("falseHit"),
        retrieved: observe("retrieved"),
      },
      ...{ upstreamEnded: observe("upstreamEnded"), patternMade: observe("patternMade") },
      interactionEnded: observe("interactionEnded"),
    },
    now: options.now ?? (() => 1_000_000),
    nowMs: () => clock.nowMs(),
    random: () => 0,
  };
  const routing = createRouting(deps, { clock });
  return {
    ...{ ...routing, deps, engine, folder, logs, observed, clock, upstream },
    asked: () => engine.requests.map(({ model }) => model),
    async [Symbol.asyncDispose]() {
      await routing.routes.close();
      await database?.close();
      folder[Symbol.dispose]();
    },
  };
}

/** Pauses are over at once; deadlines do not come. */
function createHastyClock(): Clock {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    schedule(delayMs, action) {
      if (delayMs >= deadlinePresets.operationMs) return () => undefined;
      const timer = setImmediate(() => {
        nowMs += delayMs;
        action();
      });
      return () => clearImmediate(timer);
    },
  };
}

export type OpenRouting = ReturnType<typeof openRouting>;

async function* tell(events: AsyncIterable<RoutedEvent>) {
  yield* tellReceipt(events, { receipt: { outcome: "off" } });
}

function createUpstreamDouble({ prices, health = "closed", refusal }: RoutingOptions): Upstream {
  const models = { big: { ...prices }, huge: { ...prices } };
  return {
    config: { name: "work", url: "http://127.0.0.1:1/v1", kind: "hearth", models },
    models: async () => Object.entries(models).map(([name, model]) => ({ name, ...model })),
    describe: (name) => (name === "big" || name === "huge" ? { name, ...models[name] } : undefined),
    refusal: (request) => refusal?.(request),
    generate: () => {
      throw new Error("the engine stands in for it");
    },
    embed: () => Promise.reject(new Error("it has no embeddings")),
    health: () => ({ state: health, failures: 0, running: 0 }),
  };
}

function createPolicyDouble(policy: RoutingOptions["policy"]): CoordinatorDeps["plugins"] {
  const report = { durationMs: 0, memoryBytes: 0, logs: [] };
  const failure = { code: "plugin_not_found" as const, message: "there is no such plugin" };
  const decide = async (_: string, input: PolicyInput<"route.decide">) => {
    if (!policy || policy === "broken") return { ok: false as const, failure, report };
    const output = {
      ...{ route: "local", rule: "default", reason: "so it is", type: "lookup", complexity: 2 },
      ...{ inputTokens: input.inputTokens ?? 0, outputEstimate: 100, contextScore: 0, ...policy(input) },
    };
    return { ok: true as const, output, report };
  };
  const plugins = { decide, judge: () => Promise.reject(new Error("there are no judges")) };
  return async () => plugins as unknown as Awaited<ReturnType<CoordinatorDeps["plugins"]>>;
}

export function ask(changes: Partial<GenerateRequest> = {}): GenerateRequest {
  return createChatRequest("What is a hearth?", { id: "r1", model: "auto", isInteraction: true, ...changes });
}

export type Told = {
  readonly text: string;
  readonly events: readonly RoutedEvent[];
  readonly record: GenerationRecord;
  readonly route: Extract<RoutedEvent, { type: "routed" }>["route"] | undefined;
  readonly answeredBy: string | undefined;
  readonly error: unknown;
};

/** Takes the answer as the pipeline does, and notes its record. */
export async function take(
  { router, routes }: Pick<OpenRouting, "router" | "routes">,
  request: GenerateRequest,
  rest: Omit<RoutedRequest, "request"> = {},
  signal = new AbortController().signal,
): Promise<Told> {
  const recorder = createRecorder(request, () => 0);
  const events: RoutedEvent[] = [];
  let error: unknown;
  async function* keep() {
    for await (const event of router.route({ ...rest, request }, signal)) {
      events.push(event);
      yield event;
    }
  }
  try {
    for await (const event of tell(keep())) recorder.observe(event);
  } catch (caught) {
    error = caught;
    recorder.fail((caught as AppError).code);
  }
  const record = recorder.finish();
  routes.note(record);
  const routed = events.findLast((event) => event.type === "routed");
  const text = events.map((event) => (event.type === "text" ? event.text : "")).join("");
  return { text, events, record, route: routed?.route, answeredBy: routed?.answeredBy, error };
}
