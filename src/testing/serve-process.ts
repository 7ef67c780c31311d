import { join, resolve } from "node:path";
import { readProcessInput } from "../config/index.ts";
import { createTemporaryFolder } from "./temporary-folder.ts";
import { waitUntil } from "./wait-until.ts";

const mainPath = join(import.meta.dir, "..", "main.ts");
/** One thread keeps a busy machine from stalling a small model. */
const quick: readonly string[] = ["--threads", "1", "--host-memory", "2048", "--log-format", "json"];
/** Nobody answers there: no test asks a registry by accident. */
const offline = { HEARTH_REGISTRY: "http://127.0.0.1:1", HF_ENDPOINT: "http://127.0.0.1:1" };
const announcement = /^Hearth is listening on (http:\S+) \(([^)]*)\)\n/;

/** Command line of the program: the executable that HEARTH_BINARY names, else this source. */
export function programCommand(): readonly string[] {
  const binary = binaryPath();
  return binary === undefined ? [process.execPath, "--no-env-file", mainPath] : [binary];
}

/** The executable under test, or undefined where none is named. */
export function binaryPath(): string | undefined {
  const binary = readProcessInput().environment.HEARTH_BINARY;
  return binary ? resolve(binary) : undefined;
}

export type ServeProcess = AsyncDisposable & {
  readonly url: string;
  readonly pid: number;
  /** Its exit code, or 128 and the number of the signal that ended it. */
  readonly exited: Promise<number>;
  /** Everything it has written to stderr. */
  log(): string;
  /** How often it has logged an event. */
  countEvents(event: string): number;
  /** Process ids of its engine hosts. */
  hosts(): readonly number[];
  kill(signal: NodeJS.Signals): void;
};

export type ServeOptions = {
  /** All of the program's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether to wait until it can answer; on by default. */
  readonly waitForReady?: boolean;
};

/** Starts `hearth serve` on a free port with a home folder of its own. Throws with its log when it does not listen. */
export async function startServe(
  argv: readonly string[] = [],
  { environment = {}, waitForReady = true }: ServeOptions = {},
): Promise<ServeProcess> {
  const home = createTemporaryFolder();
  const program = Bun.spawn(
    [...programCommand(), "serve", "--port", "0", "--home", home.file("home"), ...quick, ...argv],
    { env: { ...offline, ...environment }, stdin: "ignore", stdout: "pipe", stderr: "pipe" },
  );
  const output = collect(program.stdout);
  const errors = collect(program.stderr);
  const server: ServeProcess = {
    get url() {
      return announcement.exec(output())?.[1] ?? "";
    },
    pid: program.pid,
    exited: program.exited,
    log: errors,
    countEvents: (event) => errors().split(`"event":"${event}"`).length - 1,
    hosts: () => childrenOf(program.pid),
    kill: (signal) => program.kill(signal),
    async [Symbol.asyncDispose]() {
      program.kill("SIGKILL");
      await program.exited;
      home[Symbol.dispose]();
    },
  };
  const hasEnded = () => program.exitCode !== null || program.signalCode !== null;
  const isReady = async () => (await fetch(`${server.url}/ready`).catch(() => undefined))?.ok === true;
  try {
    await waitUntil("the server listens", () => server.url !== "" || hasEnded());
    if (waitForReady) await waitUntil("the server is ready", async () => hasEnded() || (await isReady()));
    if (hasEnded()) throw new Error(`hearth serve ended with code ${await program.exited}: ${errors()}`);
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

export type ProgramResult = { readonly output: string; readonly errors: string; readonly code: number };

/** Runs one command line of the program to its end, with a home folder of its own. */
export async function runProgram(argv: readonly string[], stdin = ""): Promise<ProgramResult> {
  using home = createTemporaryFolder();
  const program = Bun.spawn([...programCommand(), ...argv], {
    env: { ...offline, HEARTH_HOME: home.file("home") },
    stdin: Buffer.from(stdin),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [output, errors] = await Promise.all([program.stdout.text(), program.stderr.text()]);
  return { output, errors, code: await program.exited };
}

/** Process ids of the children of a process. */
export function childrenOf(pid: number): readonly number[] {
  const { stdout } = Bun.spawnSync(["pgrep", "-P", String(pid)]);
  return stdout.toString().split("\n").filter(Boolean).map(Number);
}

function collect(stream: ReadableStream<Uint8Array>): () => string {
  const decoder = new TextDecoder();
  let text = "";
  void (async () => {
    for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  })();
  return () => text;
}
