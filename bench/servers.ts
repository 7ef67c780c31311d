/** Starts and ends the two servers that are compared; both are asked for the same model, threads, streams and context. */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { cacheDir } from "./models.ts";
import { killAll, processTree } from "./process-tree.ts";

export type ServerKind = "hearth" | "llama-server";

export type ServerSettings = {
  readonly modelPath: string;
  readonly parallel: number;
  /** What one stream may hold; the KV cache of either server has room for `parallel` such streams. */
  readonly contextTokensPerStream: number;
  readonly threads: number;
};

export type ServerCommands = { readonly hearth: readonly string[]; readonly llamaServer: string };

export type RunningServer = {
  readonly url: string;
  /** What requests call the model. */
  readonly model: string;
  readonly pid: number;
  /** Milliseconds from spawning to the first positive answer of the readiness route. */
  readonly readyMs: number;
  readonly stop: () => Promise<void>;
};

const READY_POLL_MS = 1;
const READY_DEADLINE_MS = 120_000;
const STOP_DEADLINE_MS = 5_000;
export const repositoryRoot = join(import.meta.dir, "..");
const readyPaths: Readonly<Record<ServerKind, string>> = { hearth: "/ready", "llama-server": "/health" };

/** The built executable, or the source where there is none. */
export function defaultHearthCommand(): string[] {
  const executable = join(repositoryRoot, "dist/hearth");
  return existsSync(executable) ? [executable] : [process.execPath, join(repositoryRoot, "src/main.ts")];
}

/** Spawns the server and waits until it can answer; its processes are gone when this throws. */
export async function startServer(
  kind: ServerKind,
  commands: ServerCommands,
  settings: ServerSettings,
  signal: AbortSignal,
): Promise<RunningServer> {
  const port = freePort();
  const command =
    kind === "hearth"
      ? hearthCommand(commands.hearth, settings, port)
      : peerCommand(commands.llamaServer, settings, port);
  const startedMs = performance.now();
  const child = Bun.spawn(command, {
    cwd: repositoryRoot,
    stdout: "ignore",
    stderr: "pipe",
    stdin: "ignore",
  });
  const errorOutput = keepTail(child.stderr);
  const stop = async (): Promise<void> => stopTree(child);
  const url = `http://127.0.0.1:${port}`;
  while (!(await isReady(url + readyPaths[kind]))) {
    const waitedMs = performance.now() - startedMs;
    if (signal.aborted || child.exitCode !== null || waitedMs > READY_DEADLINE_MS) {
      await stop();
      throw new Error(
        `${command.join(" ")} was not ready after ${Math.round(waitedMs)} ms:\n${errorOutput()}`,
      );
    }
    await Bun.sleep(READY_POLL_MS);
  }
  return {
    url,
    model: basename(settings.modelPath, ".gguf"),
    pid: child.pid,
    readyMs: performance.now() - startedMs,
    stop,
  };
}

function hearthCommand(prefix: readonly string[], settings: ServerSettings, port: number): string[] {
  return [
    ...prefix,
    "serve",
    ...["--model", settings.modelPath, "--port", `${port}`, "--threads", `${settings.threads}`],
    ...["--parallel", `${settings.parallel}`, "--ctx", `${settings.contextTokensPerStream}`],
    ...[
      "--kv-tokens",
      `${settings.contextTokensPerStream * settings.parallel}`,
      "--home",
      join(cacheDir, "home"),
    ],
  ];
}

/** llama-server divides its context among its slots. */
function peerCommand(executable: string, settings: ServerSettings, port: number): string[] {
  const contextTokens = settings.contextTokensPerStream * settings.parallel;
  return [
    executable,
    ...["-m", settings.modelPath, "--port", `${port}`, "-t", `${settings.threads}`],
    ...["-np", `${settings.parallel}`, "-c", `${contextTokens}`, "--no-ui"],
  ];
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { keepalive: false });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

async function stopTree(child: Bun.Subprocess): Promise<void> {
  const tree = processTree(child.pid);
  child.kill("SIGTERM");
  await Promise.race([child.exited, Bun.sleep(STOP_DEADLINE_MS)]);
  killAll(tree);
  await child.exited;
}

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

/** Drains a stream so that its writer never blocks; the returned function gives its last characters. */
function keepTail(stream: ReadableStream<Uint8Array>): () => string {
  const TAIL_CHARACTERS = 4000;
  let tail = "";
  const drain = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of stream)
      tail = (tail + decoder.decode(chunk, { stream: true })).slice(-TAIL_CHARACTERS);
  };
  void drain();
  return () => tail;
}
