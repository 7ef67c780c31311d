import { z } from "zod";
import { AppError } from "../base/index.ts";
import { describeFirstFault } from "./describe-fault.ts";
import { type Failure, PluginFailure } from "./failure.ts";
import type { GuestModels } from "./plugin-options.ts";
import type { GuestSpec, HostCall, HostCallResult } from "./protocol.ts";
import type { KvStore } from "./store/kv-table.ts";

/** Reads and writes of its store that a call may make as fast as it can; later ones come one by one. */
const unpacedKvCalls = 200;
/** The database runs in the server's own thread, which has others to answer. */
const kvPaceMs = 1;
const maxMessages = 256;
const maxTexts = 256;
const maxTextCharacters = 4 * 1_048_576;

const text = z.string().max(maxTextCharacters);
const generateRequestSchema = z.strictObject({
  model: z.string().min(1).max(255).optional(),
  prompt: text.optional(),
  system: text.optional(),
  messages: z
    .array(z.strictObject({ role: z.enum(["system", "user", "assistant"]), content: text }))
    .max(maxMessages)
    .optional(),
  maxTokens: z.int().min(1).optional(),
  temperature: z.number().min(0).max(2).optional(),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .optional(),
  stop: z.array(z.string().min(1).max(1_024)).max(4).default([]),
  schema: z.json().optional(),
});
const embedRequestSchema = z.strictObject({
  model: z.string().min(1).max(255),
  texts: z.array(text).min(1).max(maxTexts),
});

export type HostCallDeps = {
  readonly kv: KvStore;
  readonly models?: GuestModels;
  /** What went wrong with the host itself; guests are told no more than that. */
  readonly onHostFailure: (plugin: string, error: unknown) => void;
};

/** Who asks, and until when. */
export type HostCallScope = {
  readonly spec: GuestSpec;
  readonly depth: number;
  readonly signal: AbortSignal;
};

/** Answers what one call of a guest asks of the server. Never rejects. */
export function createHostCalls(
  deps: HostCallDeps,
  scope: HostCallScope,
): (call: HostCall) => Promise<HostCallResult> {
  let modelCalls = 0;
  let kvCalls = 0;
  let writes = 0;

  async function answer(call: HostCall): Promise<Uint8Array | string | undefined> {
    const { spec } = scope;
    const { name } = spec;
    if (call.type.startsWith("kv-")) await pace();
    switch (call.type) {
      case "kv-get":
        return await deps.kv.get(name, call.key);
      case "kv-set": {
        countWrite();
        const maxBytes = Math.min(spec.limits.kvBytes, spec.grants.kv?.bytes ?? Number.POSITIVE_INFINITY);
        await deps.kv.set(name, call.key, call.value, maxBytes);
        return undefined;
      }
      case "kv-delete":
        countWrite();
        await deps.kv.delete(name, call.key);
        return undefined;
      case "kv-list":
        return JSON.stringify(await deps.kv.list(name, call.prefix));
      case "generate":
        return await askModel((bounded) => generate(deps, bounded, call.request));
      case "embed":
        return await askModel((bounded) => embed(deps, bounded, call.request));
      default:
        return call satisfies never;
    }
  }
  async function pace(): Promise<void> {
    kvCalls += 1;
    if (kvCalls > unpacedKvCalls) await Bun.sleep(kvPaceMs);
  }
  /** Every write waits for the disk, and the server with it. */
  function countWrite(): void {
    writes += 1;
    const { kvWrites } = scope.spec.limits;
    if (writes <= kvWrites) return;
    throw new PluginFailure("call_limit", `it set or deleted more than ${kvWrites} keys in one call`);
  }
  async function askModel(ask: (bounded: HostCallScope) => Promise<string>): Promise<string> {
    modelCalls += 1;
    const { generateCalls, modelTimeoutMs } = scope.spec.limits;
    if (modelCalls > generateCalls) {
      throw new PluginFailure("call_limit", `it asked models more than ${generateCalls} times in one call`);
    }
    const timeout = AbortSignal.timeout(modelTimeoutMs);
    try {
      return await ask({ ...scope, signal: AbortSignal.any([scope.signal, timeout]) });
    } catch (error) {
      if (!timeout.aborted) throw error instanceof AppError ? toGenerateFailure(error) : error;
      const message = `the model did not answer within ${modelTimeoutMs} ms, its limit modelTimeoutMs`;
      throw new PluginFailure("generate_failed", message, { cause: error });
    }
  }
  return async (call) => {
    try {
      return { ok: true, value: await answer(call) };
    } catch (error) {
      if (!(error instanceof PluginFailure)) deps.onHostFailure(scope.spec.name, error);
      return { ok: false, failure: toFailure(error) };
    }
  };
}

async function generate(
  deps: HostCallDeps,
  { spec, depth, signal }: HostCallScope,
  json: string,
): Promise<string> {
  const { prompt, system, messages, maxTokens, ...rest } = parse(generateRequestSchema, json);
  const { generateTokens } = spec.limits;
  const turns = messages ?? (prompt === undefined ? [] : [{ role: "user" as const, content: prompt }]);
  if (turns.length === 0)
    throw new PluginFailure("generate_failed", "its request has neither prompt nor messages");
  const head = system === undefined ? [] : [{ role: "system" as const, content: system }];
  const request = {
    ...withoutUndefined(rest),
    messages: [...head, ...turns],
    ...(maxTokens !== undefined && { maxTokens: Math.min(maxTokens, generateTokens) }),
    mostTokens: generateTokens,
    stop: rest.stop,
  };
  const answer = await models(deps).generate(request, { plugin: spec.name, depth }, signal);
  return JSON.stringify(answer);
}

async function embed(
  deps: HostCallDeps,
  { spec, depth, signal }: HostCallScope,
  json: string,
): Promise<string> {
  const request = parse(embedRequestSchema, json);
  return JSON.stringify(await models(deps).embed(request, { plugin: spec.name, depth }, signal));
}

function models({ models: found }: HostCallDeps): GuestModels {
  if (found) return found;
  throw new PluginFailure("generate_failed", "there are no models to ask here");
}

function parse<S extends z.ZodType>(schema: S, json: string): z.output<S> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new PluginFailure("generate_failed", "its request to a model is not JSON", { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new PluginFailure(
    "generate_failed",
    `its request to a model is wrong: ${describeFirstFault(parsed.error)}`,
  );
}

function toGenerateFailure(error: AppError): PluginFailure {
  return new PluginFailure("generate_failed", error.message, { cause: error });
}

function toFailure(error: unknown): Failure {
  if (error instanceof PluginFailure) return error.toRecord();
  return { code: "host_failed", message: "the host could not do what it asked for" };
}

type Present<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

function withoutUndefined<T extends object>(value: T): Present<T> {
  const present: Present<T> = {};
  for (const key in value) {
    const field = value[key];
    if (field !== undefined) present[key] = field as Exclude<T[typeof key], undefined>;
  }
  return present;
}
