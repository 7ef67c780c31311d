import { writeFileSync } from "node:fs";
import { AppError, toAppError } from "../base/index.ts";
import { type HostRole, hostCommand } from "./command.ts";
import { createLineRing } from "./line-ring.ts";
import { readMemoryBytes, readPrivateMemoryBytes } from "./memory.ts";

/** Last lines of a host's stderr that are kept for its death report. */
export const stderrTailLines = 40;
export const stderrLineChars = 2_000;
/** How long a dead host's stderr may take to drain. */
const stderrDrainMs = 200;
const defaultMemoryWatchMs = 250;
/** Above the server's own 0: when memory runs out the kernel ends a host first. */
const hostOomScore = "500";

export type HostExit = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderrTail: string;
  /** Why this side killed it; absent when the host ended on its own. */
  readonly killedFor?: KillReason;
};

export type KillReason = "requested" | "ready-deadline" | "memory-limit" | "unresponsive";

/** A child host without its channel. */
export type HostHandle = {
  readonly pid: number;
  /** Settles once, never rejects. */
  readonly exited: Promise<HostExit>;
  readonly hasExited: boolean;
  /** SIGKILL. Safe to call at any time. */
  kill(reason?: KillReason): void;
  /** Resident bytes; undefined where the system does not tell. */
  memoryBytes(): number | undefined;
};

/** A child host and the way to it; `In` is what it receives. */
export type Host<In> = HostHandle & {
  /** Throws AppError host_died once the host is gone. */
  send(message: In): void;
  /** From now on the host is killed soon after the memory it made itself passes this; pages of mapped files do not count. */
  limitMemory(limitBytes: number): void;
};

export type SpawnOptions<Out> = {
  readonly role: HostRole;
  /** All of the host's environment: nothing is inherited. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly onMessage: (message: Out) => void;
  /** How often the memory of the host is looked at. */
  readonly memoryWatchIntervalMs?: number;
  /** Another program to run in place of this one. */
  readonly command?: readonly string[];
};

/** Starts a child host. Messages go through structured clone in both directions, typed arrays included. */
export function spawnHost<In, Out>(options: SpawnOptions<Out>): Host<In> {
  let killedFor: KillReason | undefined;
  const child = startChild(options);
  const stderrTail = collectTail(child.stderr);
  raiseOomScore(child.pid);

  function kill(reason: KillReason = "requested"): void {
    if (child.exitCode !== null || child.signalCode !== null) return;
    killedFor ??= reason;
    child.kill("SIGKILL");
  }
  let stopWatch = () => {};

  async function waitForExit(): Promise<HostExit> {
    await child.exited;
    stopWatch();
    const signal = child.signalCode === null ? null : String(child.signalCode);
    const code = signal === null ? child.exitCode : null;
    return { code, signal, stderrTail: await stderrTail(), ...(killedFor && { killedFor }) };
  }
  return {
    pid: child.pid,
    exited: waitForExit(),
    get hasExited() {
      return child.exitCode !== null || child.signalCode !== null;
    },
    send: (message) => sendTo(child, message),
    limitMemory(limitBytes) {
      stopWatch();
      const intervalMs = options.memoryWatchIntervalMs ?? defaultMemoryWatchMs;
      stopWatch = watchMemory(child.pid, { limitBytes, intervalMs }, () => kill("memory-limit"));
    },
    kill,
    memoryBytes: () => readMemoryBytes(child.pid),
  };
}

function startChild<Out>(options: SpawnOptions<Out>) {
  const command = [...(options.command ?? hostCommand(options.role))];
  try {
    return Bun.spawn(command, {
      env: { ...options.environment },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
      serialization: "advanced",
      ipc: (message: Out) => options.onMessage(message),
    });
  } catch (cause) {
    throw new AppError(
      "server_error",
      `cannot start a ${options.role} process: ${toAppError(cause).message}`,
      { cause },
    );
  }
}

function sendTo(child: { readonly pid: number; send(message: unknown): void }, message: unknown): void {
  try {
    child.send(message);
  } catch (cause) {
    throw new AppError("host_died", `host process ${child.pid} is gone; send the request again`, { cause });
  }
}

/** Reads a stream to its end and returns a function that waits a moment for that end and gives the last lines. */
function collectTail(stream: ReadableStream<Uint8Array>): () => Promise<string> {
  const ring = createLineRing({ maxLines: stderrTailLines, maxLineChars: stderrLineChars });
  const drained = (async () => {
    for await (const chunk of stream) ring.push(chunk);
  })().catch(() => undefined);
  return async () => {
    await Promise.race([drained, Bun.sleep(stderrDrainMs)]);
    return ring.text();
  };
}

function raiseOomScore(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, hostOomScore);
  } catch {
    // Systems without /proc choose on their own.
  }
}

function watchMemory(
  pid: number,
  { limitBytes, intervalMs }: { readonly limitBytes: number; readonly intervalMs: number },
  onExceeded: () => void,
): () => void {
  const timer = setInterval(() => {
    if ((readPrivateMemoryBytes(pid) ?? 0) > limitBytes) onExceeded();
  }, intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}
