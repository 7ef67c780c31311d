import { type Interaction, type Learning, outcomes, toInteractionBody } from "../../coordinator/index.ts";
import type { ConfigFlags } from "../config-flags.ts";
import type { CliDeps } from "../deps.ts";
import { formatTable, oneLine, toJsonText } from "../table.ts";
import { exitCodes, UsageError } from "../usage-error.ts";
import { withApp } from "../with-app.ts";
import type { InteractionFlags } from "./interaction-command.ts";

const defaultLimit = 20;
const maxLimit = 1_000;
/** Whose interactions are those of a server without keys. */
const keylessTenant = "local";
const knownOutcomes = [...outcomes, "unknown"] as const;
const feedbacks = [-1, 0, 1] as const;

type Asked = ConfigFlags & { readonly given: InteractionFlags };

export async function listInteractions(deps: CliDeps, asked: Asked): Promise<number> {
  const { json, limit = String(defaultLimit), outcome: given } = asked.given;
  const count = Number(limit);
  if (!Number.isInteger(count) || count < 1 || count > maxLimit) {
    throw new UsageError(`--limit: expected a whole number from 1 to ${maxLimit}, got "${limit}"`);
  }
  const outcome = knownOutcomes.find((known) => known === given);
  if (given !== undefined && !outcome) {
    throw new UsageError(`--outcome: expected ${knownOutcomes.join(", ")}, got "${given}"`);
  }
  return await withLearning(deps, asked, async (learning, tenant) => {
    const listed = await learning.list({ tenant, limit: count, ...(outcome && { outcome }) });
    if (json) deps.io.stdout.write(`${toJsonText({ interactions: listed.map(toInteractionBody) }, 2)}\n`);
    else if (listed.length === 0) deps.io.stdout.write("there are no such interactions\n");
    else deps.io.stdout.write(formatTable(["ID", "MODEL", "OUTCOME", "VALUE", "WHEN"], listed.map(toRow)));
  });
}

export async function showInteraction(
  deps: CliDeps,
  { id, ...asked }: Asked & { readonly id: string },
): Promise<number> {
  return await withLearning(deps, asked, async (learning, tenant) => {
    deps.io.stdout.write(`${toJsonText(toInteractionBody(await learning.get(id, tenant)), 2)}\n`);
  });
}

export async function tellOutcome(
  deps: CliDeps,
  { id, said, ...asked }: Asked & { readonly id: string; readonly said: string },
): Promise<number> {
  const outcome = outcomes.find((known) => known === said);
  if (!outcome) throw new UsageError(`expected ${outcomes.join(", ")}, got "${said}"`);
  const feedback = readFeedback(asked.given.feedback);
  return await withLearning(deps, asked, async (learning, tenant, signal) => {
    const told = { id, tenant, outcome, ...(feedback !== undefined && { feedback }) };
    const { status, interaction, unscored, willExtract } = await learning.setOutcome(told, signal);
    if (willExtract) await learning.settle();
    const body = { status, ...toInteractionBody(await learning.get(id, tenant)) };
    const value =
      unscored === undefined ? `its value is ${interaction.value}` : `it has no value: ${unscored}`;
    const text = `${oneLine(id)} is ${status}: ${outcome}; ${value}\n`;
    deps.io.stdout.write(asked.given.json ? `${toJsonText(body, 2)}\n` : text);
  });
}

type Work = (learning: Learning, tenant: string, signal: AbortSignal) => Promise<void>;

async function withLearning(deps: CliDeps, { given, ...flags }: Asked, work: Work): Promise<number> {
  return await withApp(deps, flags, async ({ coordinator }, signal) => {
    await work(await coordinator.learning(), given.key ?? keylessTenant, signal);
    return exitCodes.success;
  });
}

function readFeedback(given: string | undefined): (typeof feedbacks)[number] | undefined {
  const feedback = feedbacks.find((known) => String(known) === given);
  if (given === undefined || feedback !== undefined) return feedback;
  throw new UsageError(`--feedback: expected -1, 0 or 1, got "${given}"`);
}

function toRow({ id, model, outcome, isInferred, value, createdAtMs }: Interaction): readonly string[] {
  const came = isInferred ? `${outcome} (guessed)` : outcome;
  const when = new Date(createdAtMs).toISOString();
  return [oneLine(id), oneLine(model), came, value.toFixed(2), when];
}
