import { z } from "zod";
import { AppError } from "../base/index.ts";
import { type ConfigFlags, readConfig } from "./config-flags.ts";
import type { CliDeps } from "./deps.ts";
import { createServerClient } from "./server-client.ts";
import { formatBytes, formatTable, oneLine, toJsonText } from "./table.ts";
import { formatSpan } from "./times.ts";
import { exitCodes } from "./usage-error.ts";

const heads = ["NAME", "STATE", "MEMORY", "HELD", "PROCESSOR", "CONTEXT", "REQUESTS", "UNTIL"];
const nothing = "-";
/** A server says a time further away than this for "as long as possible". */
const foreverMs = 100 * 365 * 24 * 3600 * 1000;

/** What is read of a model in memory. Ollama's own server gives the first four fields. */
const residentSchema = z.object({
  name: z.string(),
  size: z.number(),
  expires_at: z.string(),
  context_length: z.number().optional(),
  state: z.string().default("ready"),
  pinned: z.boolean().default(false),
  active_requests: z.number().default(0),
  host_memory: z.number().optional(),
  placement: z
    .object({
      device: z.enum(["gpu", "cpu", "both"]),
      gpu_layers: z.number(),
      failed_attempts: z.array(z.object({ gpu_layers: z.number() })).default([]),
    })
    .optional(),
});
const answerSchema = z.object({
  models: z.array(residentSchema),
  broken: z.array(z.object({ name: z.string(), error: z.string() })).default([]),
});

type Resident = z.infer<typeof residentSchema>;

/** Lists the models that a running server holds in memory. */
export async function ps(
  deps: CliDeps,
  { json, ...flags }: ConfigFlags & { readonly json: boolean },
): Promise<number> {
  const client = createServerClient(await readConfig(deps, flags));
  const answer = await client.request("GET", "/api/ps");
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success)
    throw new AppError(
      "server_error",
      `what answers at ${client.url} is no Hearth server; give --host and --port of one`,
    );
  const nowMs = Date.now();
  const { models, broken } = parsed.data;
  if (json) deps.io.stdout.write(`${toJsonText(answer, 2)}\n`);
  else {
    const rows = models.map((model) => toRow(model, nowMs));
    deps.io.stdout.write(formatTable(heads, rows));
    for (const { name, error } of broken)
      deps.io.stdout.write(`${oneLine(name)} is broken: ${oneLine(error)}\n`);
  }
  return exitCodes.success;
}

function toRow(model: Resident, nowMs: number): string[] {
  return [
    oneLine(model.name),
    oneLine(model.state) + (model.pinned ? ", pinned" : ""),
    formatBytes(model.size),
    model.host_memory === undefined ? nothing : formatBytes(model.host_memory),
    describePlacement(model.placement),
    model.context_length === undefined || model.context_length === 0 ? nothing : String(model.context_length),
    String(model.active_requests),
    describeUntil(model, nowMs),
  ];
}

/** Where the layers are, and how many were to go to the GPU and did not fit. */
function describePlacement(placement: Resident["placement"]): string {
  if (!placement) return nothing;
  const { device, gpu_layers: layers, failed_attempts: failed } = placement;
  const place =
    device === "cpu" ? "CPU" : device === "gpu" ? `GPU (${layers} layers)` : `GPU (${layers} layers), CPU`;
  const wanted = failed.map((attempt) => attempt.gpu_layers).join(", ");
  return wanted === "" ? place : `${place}; ${wanted} did not fit`;
}

function describeUntil(
  { expires_at: expiresAt, active_requests: active, pinned }: Resident,
  nowMs: number,
): string {
  if (active > 0) return "it has answered";
  const leftMs = Date.parse(expiresAt) - nowMs;
  if (Number.isNaN(leftMs)) return nothing;
  if (pinned) return "the server stops";
  if (leftMs > foreverMs) return "its room is needed";
  return leftMs <= 0 ? "now" : `in ${formatSpan(leftMs)}`;
}
