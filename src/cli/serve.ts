import type { Config } from "../config/index.ts";
import { createModeState } from "../models/index.ts";
import { type ConfigFlags, readConfig } from "./config-flags.ts";
import type { CliApp, CliDeps } from "./deps.ts";
import type { CliIo } from "./io.ts";
import { visible } from "./table.ts";
import { exitCodes } from "./usage-error.ts";

/** How long after its deadline a stop may take before the program ends regardless. */
const hardStopMs = 3_000;

export type ServeOptions = ConfigFlags & { readonly curl: boolean };

/** Serves until a signal. The first one lets running answers end, the second ends them. */
export async function serve(deps: CliDeps, options: ServeOptions): Promise<number> {
  const config = await readConfig(deps, options);
  using stop = createStop(deps.io, config.shutdownTimeoutMs);
  const app = await deps.createApp(config);
  try {
    await serveUntil(stop.requested, app, (url) =>
      announce(deps.io, app, config, { url, curl: options.curl }),
    );
  } catch (error) {
    await app.stop(AbortSignal.abort());
    throw error;
  }
  await app.stop(stop.deadline);
  return stop.wasForced() ? exitCodes.failure : exitCodes.success;
}

/** Models load while the port is bound; where none can be loaded there is nothing to serve. */
async function serveUntil(
  requested: Promise<void>,
  app: CliApp,
  onListening: (url: string) => void,
): Promise<void> {
  const loading = app.load();
  loading.catch(() => undefined);
  const { url } = await app.listen();
  onListening(url);
  await Promise.race([loading, requested]);
  await requested;
}

function announce(
  io: CliIo,
  app: CliApp,
  config: Config,
  { url, curl }: { readonly url: string; readonly curl: boolean },
): void {
  io.stdout.write(`Hearth is listening on ${url} (${describeModels(app.models, config)})\n`);
  if (curl) io.stderr.write(`Try it:\n  ${formatCurl(config, url, app.models[0] ?? "")}\n`);
}

/** Which models are loaded at start. */
function describeModels(models: readonly string[], { preload, mode }: Config): string {
  const isPreloading = preload === undefined ? createModeState(mode).settings.preloads : preload !== "off";
  const others = "other models when they are asked for";
  if (!isPreloading) return `loads models when they are asked for`;
  if (preload === "frequency" || preload === "recency") return `loads the models used before now, ${others}`;
  return `loads ${visible(models.join(", "))} now, ${others}`;
}

/** A request to paste into a shell. A key is named, never shown. */
function formatCurl(config: Config, url: string, model: string): string {
  const reachable = url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "Who are you?" }] });
  const key = config.apiKeys.length > 0 ? ' -H "authorization: Bearer $HEARTH_API_KEY"' : "";
  const quoted = body.replaceAll("'", "'\\''");
  return `curl ${reachable}/v1/chat/completions -H 'content-type: application/json'${key} -d '${quoted}'`;
}

type Stop = Disposable & {
  readonly requested: Promise<void>;
  /** Aborts when running answers may take no longer. */
  readonly deadline: AbortSignal;
  wasForced(): boolean;
};

function createStop(io: CliIo, timeoutMs: number): Stop {
  const requested = Promise.withResolvers<void>();
  const deadline = new AbortController();
  const timers: ReturnType<typeof setTimeout>[] = [];
  let signals = 0;
  const release = io.onSignal(() => {
    signals += 1;
    if (signals > 2) io.exit(exitCodes.failure);
    const waitMs = signals === 1 ? timeoutMs : 0;
    timers.push(
      setTimeout(() => deadline.abort(), waitMs),
      setTimeout(() => io.exit(exitCodes.failure), waitMs + hardStopMs),
    );
    requested.resolve();
  });
  return {
    requested: requested.promise,
    deadline: deadline.signal,
    wasForced: () => signals > 1,
    [Symbol.dispose]() {
      release();
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
