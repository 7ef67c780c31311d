/** Everything that others do with plugins: which there are, what they may, and calls of them. */
import { checkCall, parseOutput } from "./check-call.ts";
import { type ConnectorInput, type ConnectorOutput, connectorOutputSchema } from "./contracts/connector.ts";
import type { JudgeInput, JudgeOutput } from "./contracts/judge.ts";
import { healthExport, mainExports } from "./contracts/kinds.ts";
import type { PolicyHook, PolicyInput, PolicyOutput } from "./contracts/policy.ts";
import { type Failure, failureTable, PluginFailure } from "./failure.ts";
import { toSpec } from "./guest-spec.ts";
import { createHostCalls } from "./host-calls.ts";
import type { JobEnd } from "./job.ts";
import { createLogBook, type LoggedLine } from "./log-book.ts";
import { type Admin, createAdmin } from "./manage-plugins.ts";
import type { PluginOptions } from "./plugin-options.ts";
import { createPool, type Pool } from "./pool.ts";
import type { CallReport, GuestSpec, ModuleFacts, RecordedExchange } from "./protocol.ts";
import { addFailure, isSuspect } from "./quarantine.ts";
import { createRegistry } from "./registry.ts";
import type { PluginRecord } from "./store/plugin-record.ts";

/** How deep plugins and models may call each other: a judge that judges its own model's answer ends here. */
export const maxDepth = 4;

export type PluginResult<T> = (
  | { readonly ok: true; readonly output: T }
  | { readonly ok: false; readonly failure: Failure }
) & { readonly report: CallReport };

export type CallScope = {
  /** Calls of plugins and models that stand above this one. */
  readonly depth?: number;
  readonly requestId?: string;
  /** `local`: what is handed in must not leave this machine, so a plugin that may reach hosts is not called. */
  readonly privacy?: "local";
  readonly signal?: AbortSignal;
  readonly recorded?: readonly RecordedExchange[];
};

export type RawCall = CallScope & {
  /** Absent: the export of the plugin's kind. */
  readonly export?: string;
  readonly input: unknown;
  /** Whether the compiler has checked the input; what comes from outside is checked as it runs. */
  readonly isTyped?: boolean;
};

export type Plugins = Admin & {
  /** Calls by the contract of the plugin's kind. Never rejects. */
  call(name: string, call: RawCall): Promise<PluginResult<unknown>>;
  judge(name: string, input: JudgeInput, scope?: CallScope): Promise<PluginResult<JudgeOutput>>;
  decide<Hook extends PolicyHook>(
    name: string,
    input: PolicyInput<Hook>,
    scope?: CallScope,
  ): Promise<PluginResult<PolicyOutput<Hook>>>;
  execute(name: string, input: ConnectorInput, scope?: CallScope): Promise<PluginResult<ConnectorOutput>>;
  /** Calls a plugin that nobody added, under the limits and grants that are given; what it fails of is not kept. Never rejects. */
  callRecord(record: PluginRecord | UnpackedModule, call: RawCall): Promise<PluginResult<unknown>>;
  /** The last lines that a plugin logged, oldest first. */
  logs(name: string): readonly LoggedLine[];
  stats(): ReturnType<Pool["stats"]>;
  close(): Promise<void>;
};

/** A module without a manifest: any export of it can be called, with text for text. */
export type UnpackedModule = Omit<PluginRecord, "manifest"> & { readonly manifest?: undefined };
type Callable = PluginRecord | UnpackedModule;

export function createPlugins(options: PluginOptions): Plugins {
  const { observer, now, clock } = options;
  const registry = createRegistry(options);
  const book = createLogBook(now);
  const pool = createPool({ clock, onRestart: (plugin, reason) => observer.hostRestarted(plugin, reason) });

  async function call(name: string, asked: RawCall): Promise<PluginResult<unknown>> {
    try {
      const note = (failure: Failure) => noteFailure(name, failure);
      const result = await invoke(await findUsable(name), asked, note);
      if (!result.ok) await note(result.failure);
      return result;
    } catch (error) {
      return failed(error);
    }
  }
  async function findUsable(name: string): Promise<PluginRecord> {
    const record = await registry.get(name);
    if (!record.isEnabled) {
      const how = record.isEmbedded && record.addedAtMs === 0 ? "add" : "enable";
      throw new PluginFailure(
        "plugin_disabled",
        `${name} is switched off; hearth plugin ${how} ${name} switches it on`,
      );
    }
    if (record.quarantinedAtMs !== undefined) {
      const last = record.lastError ? `; last: ${record.lastError.message}` : "";
      const message = `${name} broke its limits twice within ten minutes${last}; hearth plugin enable ${name} gives it another chance`;
      throw new PluginFailure("plugin_quarantined", message);
    }
    const isTrusted = record.publicKey !== undefined && options.trustedKeys.includes(record.publicKey);
    if (options.requireSigned && !isTrusted && !record.isEmbedded) {
      throw new PluginFailure(
        "plugin_unsigned",
        `${name} has no signature of a trusted key, and signatures are required`,
      );
    }
    return record;
  }
  async function invoke(
    record: Callable,
    asked: RawCall,
    onLate?: (failure: Failure) => void,
  ): Promise<PluginResult<unknown>> {
    const startedMs = clock.nowMs();
    const name = asked.export ?? (record.manifest ? mainExports[record.manifest.kind] : "");
    const late = onLate && ((failure: Failure) => onLate(clean(record, failure)));
    const ended = await run(record, name, asked, late).catch(failed);
    const report = { ...ended.report, durationMs: clock.nowMs() - startedMs };
    const result = ended.ok
      ? { ...ended, output: cleanError(record, ended.output), report }
      : { ok: false as const, failure: clean(record, ended.failure), report };
    tell(record, name, asked, result);
    return result;
  }
  /** The same for what a connector says went wrong; data is what was asked for, and stays as it is. */
  function cleanError(record: Callable, output: unknown): unknown {
    if (record.manifest?.kind !== "connector") return output;
    const failed = connectorOutputSchema.safeParse(output).data;
    if (!failed || !("error" in failed)) return output;
    const message = book.clean(record, failed.error.message, options.readVariable);
    return { error: { ...failed.error, message } };
  }
  /** Plugins quote what they were given, and what their servers answered, in what they say went wrong. */
  function clean(record: Callable, { code, message }: Failure): Failure {
    return { code, message: book.clean(record, message, options.readVariable) };
  }
  async function run(
    record: Callable,
    name: string,
    asked: RawCall,
    onLate: ((failure: Failure) => void) | undefined,
  ): Promise<PluginResult<unknown>> {
    const { depth = 0, signal, recorded } = asked;
    if (depth >= maxDepth) {
      throw new PluginFailure("depth_limit", `plugins and models called each other ${maxDepth} deep`);
    }
    if (asked.privacy === "local" && record.grants.http) throw refuseReach(record);
    const spec = toSpec(record, options.readVariable);
    const checked = record.manifest
      ? checkCall({ ...asked, manifest: record.manifest, grants: record.grants, export: name })
      : undefined;
    const input = checked?.input ?? toInput(asked.input);
    checkSize(input, spec);
    const ended = new AbortController();
    const end = await pool.run({
      spec,
      options: {
        export: name,
        input,
        json: checked !== undefined,
        ...(checked && { maxValues: checked.maxValues }),
        ...(recorded && { recorded }),
      },
      ask: createHostCalls(
        {
          kv: registry.kv,
          onHostFailure: (plugin, error) => observer.hostFailed(plugin, error),
          ...(options.models && { models: options.models }),
        },
        { spec, depth: depth + 1, signal: ended.signal },
      ),
      isSuspect: isSuspect(record, now()),
      ...(signal && { signal }),
      ...(onLate && { onLate }),
    });
    ended.abort(new PluginFailure("plugin_cancelled", "the call has ended"));
    if (!end.ok || !checked) return end;
    return keepReport(end, () => parseOutput(String(end.output), checked.output));
  }
  /** What a call leaves behind beside its result: logs and metrics. */
  function tell(record: Callable, name: string, { requestId }: RawCall, result: PluginResult<unknown>): void {
    const { logs, memoryBytes, durationMs } = result.report;
    for (const line of book.add(record, logs, options.readVariable, requestId)) observer.logged(line);
    const outcome = result.ok ? "ok" : result.failure.code;
    const call = { plugin: record.name, function: labelOf(record, name), outcome } as const;
    observer.callFinished({ ...call, durationMs, memoryBytes });
  }
  async function noteFailure(name: string, failure: Failure): Promise<void> {
    if (failureTable[failure.code].fault !== "plugin") return;
    try {
      const changed = await registry.changeState(name, (before) => addFailure(before, failure, now()));
      const isNew =
        changed?.before.quarantinedAtMs === undefined && changed?.after.quarantinedAtMs !== undefined;
      if (isNew) observer.quarantined(name, failure.code, failure.message);
    } catch (error) {
      observer.unsaved(name, error);
    }
  }
  async function inspect(spec: GuestSpec): Promise<ModuleFacts> {
    const ask = async () => ({
      ok: false as const,
      failure: { code: "not_granted" as const, message: "nobody called" },
    });
    const end = await pool.run({ spec, ask, isSuspect: true });
    if (!end.ok) throw new PluginFailure(end.failure.code, end.failure.message);
    const facts = pool.facts(spec.key);
    pool.unload(spec.key);
    if (!facts) throw new PluginFailure("plugin_host_died", "its process ended before it said what it has");
    return facts;
  }
  return {
    ...createAdmin({
      ...options,
      registry,
      inspect,
      onChange: (key) => pool.unload(key),
      onEnd: (name) => pool.end(name, endFailure),
    }),
    call,
    callRecord: invoke,
    judge: async (name, input, scope) =>
      (await call(name, { ...scope, input, isTyped: true })) as PluginResult<JudgeOutput>,
    decide: async <Hook extends PolicyHook>(name: string, input: PolicyInput<Hook>, scope?: CallScope) =>
      (await call(name, { ...scope, input })) as PluginResult<PolicyOutput<Hook>>,
    execute: async (name, input, scope) =>
      (await call(name, { ...scope, input })) as PluginResult<ConnectorOutput>,
    logs: (name) => book.read(name),
    stats: () => pool.stats(),
    async close() {
      await pool.stop();
      await registry.close();
    },
  };
}

/** Callers may name any export, and labels of metrics must not grow without end. */
function labelOf({ manifest }: Callable, name: string): string {
  return manifest && (name === mainExports[manifest.kind] || name === healthExport) ? name : "other";
}

const endFailure: Failure = { code: "plugin_disabled", message: "it was switched off or removed meanwhile" };

/** What a plugin stores in one call it could send in another, so the call itself must not be. */
function refuseReach({ name, grants }: Callable): PluginFailure {
  const hosts = [...(grants.http?.hosts ?? []), ...(grants.http?.hostsFrom ?? [])].join(", ");
  const message = `${name} may reach ${hosts}, and this request must not leave the machine; use a plugin without the permission http`;
  return new PluginFailure("reach_refused", message);
}

function toInput(input: unknown): Uint8Array | string {
  if (typeof input === "string" || input instanceof Uint8Array) return input;
  return JSON.stringify(input) ?? "";
}

function checkSize(input: Uint8Array | string, { limits }: GuestSpec): void {
  const bytes = typeof input === "string" ? Buffer.byteLength(input) : input.byteLength;
  if (bytes <= limits.inputBytes) return;
  throw new PluginFailure(
    "input_too_large",
    `the input has ${bytes} bytes; at most ${limits.inputBytes} are possible`,
  );
}

function keepReport(end: Extract<JobEnd, { ok: true }>, parse: () => unknown): PluginResult<unknown> {
  try {
    return { ok: true, output: parse(), report: end.report };
  } catch (error) {
    return { ...failed(error), report: end.report };
  }
}

function failed(error: unknown): PluginResult<never> {
  const report: CallReport = { durationMs: 0, memoryBytes: 0, logs: [] };
  if (error instanceof PluginFailure) return { ok: false, failure: error.toRecord(), report };
  const message = error instanceof Error ? error.message : String(error);
  return { ok: false, failure: { code: "host_failed", message }, report };
}
