import { toAppError } from "../../base/index.ts";
import {
  createFileMemory,
  type IndexReport,
  type IndexRequest,
  type Knowledge,
  watchSource,
} from "../../knowledge/index.ts";
import { systemClock } from "../../resilience/index.ts";
import type { ConfigFlags } from "../config-flags.ts";
import type { CliDeps } from "../deps.ts";
import type { CliIo } from "../io.ts";
import { oneLine, toJsonText } from "../table.ts";
import { asUsage, exitCodes, UsageError } from "../usage-error.ts";
import { readChosenModel } from "./chosen-model.ts";
import { createIndexLine } from "./index-line.ts";
import { formatReport, toReportBody } from "./index-report.ts";
import { withKnowledge } from "./with-knowledge.ts";

export type IndexFlags = {
  readonly collection: string;
  readonly wordsOnly?: boolean;
  readonly label?: "local" | "any";
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly maxFile?: string;
  readonly watch?: boolean;
  readonly json?: boolean;
};

export type IndexCommand = ConfigFlags & { readonly source: string; readonly given: IndexFlags };

const bytesPerMiB = 1_048_576;
/** Timers of a watch do not keep the program alive; this one does. */
const idleMs = 2 ** 30;

/** Indexes a source once, or for as long as it is watched. */
export async function indexDocuments(deps: CliDeps, command: IndexCommand): Promise<number> {
  const request = readRequest(command);
  const { watch = false, json = false } = command.given;
  if (watch && /^https?:\/\//i.test(request.source)) {
    throw new UsageError("a page cannot be watched; index it again when it has changed");
  }
  return await withKnowledge(deps, command, async (knowledge, signal) => {
    const memory = createFileMemory(Date.now);
    const run = () => indexOnce({ io: deps.io, knowledge, request, json }, { signal, memory });
    const first = await asUsage(run());
    deps.io.stdout.write(json ? `${toJsonText(toReportBody(first))}\n` : formatReport(first));
    if (watch) await follow({ io: deps.io, json, request, run }, signal);
    return exitCodes.success;
  });
}

function readRequest({ source, given, ...flags }: IndexCommand): IndexRequest {
  const { collection, label, include, exclude, maxFile } = given;
  const embeddingModel = readChosenModel(flags, given);
  const maxMiB = maxFile === undefined ? undefined : Number(maxFile);
  if (maxMiB !== undefined && !(maxMiB > 0)) {
    throw new UsageError(`--max-file: expected a number of MiB, got ${JSON.stringify(maxFile)}`);
  }
  return {
    ...{ source, collection },
    ...(embeddingModel !== undefined && { embeddingModel }),
    ...(label && { label }),
    ...(include && { include }),
    ...(exclude && { exclude }),
    ...(maxMiB !== undefined && { maxFileBytes: Math.ceil(maxMiB * bytesPerMiB) }),
  };
}

type Once = {
  readonly io: CliIo;
  readonly knowledge: Knowledge;
  readonly request: IndexRequest;
  readonly json: boolean;
};

async function indexOnce(
  { io, knowledge, request, json }: Once,
  options: { readonly signal: AbortSignal; readonly memory: ReturnType<typeof createFileMemory> },
): Promise<IndexReport> {
  using line = createIndexLine(io.stderr, { isQuiet: json });
  return await knowledge.index(request, { ...options, onProgress: (progress) => line.show(progress) });
}

type Following = Omit<Once, "knowledge"> & { readonly run: () => Promise<IndexReport> };

/** Runs again at each change; a run that fails is told of, and the next may succeed. */
async function follow({ io, json, request, run }: Following, signal: AbortSignal): Promise<void> {
  const say = (text: string) => json || io.stdout.write(`${text}\n`);
  say(`watching ${oneLine(request.source)}; Ctrl-C ends it`);
  const idle = setInterval(() => undefined, idleMs);
  try {
    await watchSource(request.source, {
      clock: systemClock,
      signal,
      onBlind: (error) =>
        io.stderr.write(`hearth: changes cannot be watched (${oneLine(error.message)}); looking every 5 s\n`),
      async onChange() {
        try {
          const report = await run();
          const isQuiet = report.added + report.replaced + report.removed === 0;
          if (!isQuiet)
            io.stdout.write(json ? `${toJsonText(toReportBody(report))}\n` : formatReport(report));
        } catch (error) {
          if (!signal.aborted) io.stderr.write(`hearth: ${oneLine(toAppError(error).message)}\n`);
        }
      },
    });
  } finally {
    clearInterval(idle);
  }
}
