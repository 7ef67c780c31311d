/** `bun run bench:peers`: Hearth and llama-server in turn on the same requests, as a table of ratios. */
import { parseArgs } from "node:util";
import { ensureLlamaServer } from "./llama-server.ts";
import { describeMachine, measureOtherLoad } from "./machine.ts";
import { formatTable, type PairedResult } from "./report.ts";
import { defaultHearthCommand, type ServerCommands, type ServerKind, startServer } from "./servers.ts";
import { median } from "./statistics.ts";
import { type Measurement, type Metric, type Workload, workloads } from "./workloads.ts";

const USAGE = `bun run bench:peers [options]
  --only NAME      one workload; may be given several times: ${workloads.map(({ name }) => name).join(", ")}
  --pairs N        pairs of runs for each workload (default 3)
  --threads N      threads of either server (default: all cores)
  --hearth CMD     how to start Hearth (default: dist/hearth, else the source)
  --peer-only      only llama-server, to learn its figures
  --seed N         other prompts (default 1)
  --json           all figures as JSON
LLAMA_SERVER=PATH takes a ready llama-server instead of building one.`;

const DEFAULT_PAIRS = "3";
/** Keeps the prompts of all runs apart: a run uses fewer seeds than this. */
const SEEDS_PER_RUN = 1000;
const RUN_DEADLINE_MS = 10 * 60_000;

type Options = {
  readonly chosen: readonly Workload[];
  readonly pairs: number;
  readonly threads: number;
  readonly firstSeed: number;
  readonly peerOnly: boolean;
  readonly json: boolean;
  readonly hearth: readonly string[];
};

function parseOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      only: { type: "string", multiple: true },
      pairs: { type: "string", default: DEFAULT_PAIRS },
      threads: { type: "string", default: `${navigator.hardwareConcurrency}` },
      hearth: { type: "string" },
      "peer-only": { type: "boolean", default: false },
      seed: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const only = values.only ?? workloads.map(({ name }) => name);
  const unknown = only.find((name) => !workloads.some((workload) => workload.name === name));
  if (unknown !== undefined) throw new Error(`there is no workload "${unknown}"\n${USAGE}`);
  return {
    chosen: workloads.filter(({ name }) => only.includes(name)),
    pairs: positiveInteger("--pairs", values.pairs),
    threads: positiveInteger("--threads", values.threads),
    firstSeed: positiveInteger("--seed", values.seed) * 1_000_000,
    peerOnly: values["peer-only"],
    json: values.json,
    hearth: values.hearth?.trim().split(/\s+/) ?? defaultHearthCommand(),
  };
}

function positiveInteger(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new Error(`${option} takes a whole number from 1 up, not "${text}"`);
  return value;
}

/** One side of a pair: fresh servers, the same seeds as the other side. */
async function measureSide(
  kind: ServerKind,
  workload: Workload,
  commands: ServerCommands,
  options: { threads: number; seed: number; signal: AbortSignal },
): Promise<Measurement> {
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(RUN_DEADLINE_MS)]);
  const { parallel, contextTokensPerStream } = workload;
  const settings = {
    modelPath: await workload.modelPath(),
    parallel,
    contextTokensPerStream,
    threads: options.threads,
  };
  const measurements: Measurement[] = [];
  for (let start = 0; start < workload.starts; start++) {
    const server = await startServer(kind, commands, settings, signal);
    try {
      measurements.push(await workload.measure(server, options.seed, signal));
    } finally {
      await server.stop();
    }
  }
  return medians(measurements);
}

function medians(measurements: readonly Measurement[]): Measurement {
  const metrics = Object.keys(measurements[0] ?? {}) as Metric[];
  return Object.fromEntries(
    metrics.map((metric) => [metric, median(measurements.map((each) => each[metric] ?? Number.NaN))]),
  );
}

/** Each pair begins with the other server than the pair before it. */
async function measureWorkload(
  workload: Workload,
  commands: ServerCommands,
  options: Options,
  signal: AbortSignal,
): Promise<PairedResult> {
  const pairs: PairedResult["pairs"][number][] = [];
  let otherLoad = 0;
  for (let pair = 0; pair < options.pairs; pair++) {
    const seed = options.firstSeed + pair * SEEDS_PER_RUN;
    const order: ServerKind[] = pair % 2 === 0 ? ["hearth", "llama-server"] : ["llama-server", "hearth"];
    const sides: Partial<Record<ServerKind, Measurement>> = {};
    for (const kind of options.peerOnly ? (["llama-server"] as const) : order) {
      otherLoad = Math.max(otherLoad, await measureOtherLoad());
      sides[kind] = await measureSide(kind, workload, commands, { threads: options.threads, seed, signal });
      console.error(
        `${workload.name} pair ${pair + 1}/${options.pairs} ${kind} ${JSON.stringify(sides[kind])}`,
      );
    }
    pairs.push({ ...(sides.hearth && { hearth: sides.hearth }), peer: sides["llama-server"] ?? {} });
  }
  return { workload, pairs, otherLoad };
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => interrupted.abort(new Error(`stopped by ${name}`)));
  }
  const peer = ensureLlamaServer();
  const commands: ServerCommands = { hearth: options.hearth, llamaServer: peer.path };
  const machine = { ...(await describeMachine()), threads: options.threads, llamaServer: peer.description };
  const results: PairedResult[] = [];
  for (const workload of options.chosen) {
    results.push(await measureWorkload(workload, commands, options, interrupted.signal));
  }
  console.log(
    options.json ? JSON.stringify({ machine, results }, undefined, 2) : formatTable(machine, results),
  );
}

await main();
