import type { Environment } from "../../config/index.ts";
import {
  type ConfigValue,
  type Decisions,
  limitTable,
  PluginFailure,
  type PluginRecord,
} from "../../plugin-host/index.ts";
import type { ConfigFlags } from "../config-flags.ts";
import type { CliDeps } from "../deps.ts";
import { type CliIo, createLineReader } from "../io.ts";
import { untilStopped } from "../stoppable.ts";
import { oneLine, visible } from "../table.ts";
import { asUsage, exitCodes, UsageError } from "../usage-error.ts";
import { chooseGrants, type DecisionFlags, type GivenDecisions, parseDecisions } from "./decisions.ts";
import { describeConfigValue, formatFacts, formatPermissions, listGrants } from "./describe.ts";
import { findOffer, type Offer } from "./offer.ts";
import { about, changing, openPlugins } from "./open-plugins.ts";

export type AddOptions = ConfigFlags & {
  /** A path, an address, or a name. */
  readonly reference: string;
  readonly sha256?: string;
  readonly yes: boolean;
  readonly decisions: DecisionFlags;
};

/** Shows what a plugin is and asks for, and takes it in with what is granted. */
export async function add(deps: CliDeps, options: AddOptions): Promise<number> {
  const { io } = deps;
  const given = parseDecisions(options.decisions);
  await using opened = await openPlugins(deps, options);
  return await untilStopped(io, async (signal) => {
    const { moduleBytes: maxBytes } = given.limits;
    const offer = await findOffer(
      opened,
      { ...options, ...(maxBytes !== undefined && { maxBytes }) },
      signal,
    );
    const decisions = decide(offer, given);
    await about(offer.manifest.name, () => requireSize(offer, decisions.limits));
    io.stdout.write(formatOffer(offer, decisions, deps.environment));
    if (!options.yes) {
      const answer = await ask(io, offer, signal);
      if (answer !== "yes") return refuse(io, offer, answer);
    }
    const record = await asUsage(changing(opened, offer.manifest.name, () => offer.take(decisions)));
    io.stdout.write(formatTaken(record, offer));
    return exitCodes.success;
  });
}

/** What was decided before stays where nothing is said of it. */
function decide({ manifest, before }: Offer, given: GivenDecisions): Required<Decisions> {
  const asked = manifest.permissions.config?.keys ?? [];
  const unknown = [...given.cleared].find((key) => !asked.includes(key));
  if (unknown !== undefined) throw new UsageError(`${manifest.name} has no config key "${unknown}"`);
  const kept = Object.entries(before?.config ?? {}).filter(
    ([key]) => asked.includes(key) && !given.cleared.has(key),
  );
  return {
    grants: chooseGrants(manifest, given, before),
    config: { ...Object.fromEntries(kept), ...given.config },
    limits: { ...before?.limits, ...given.limits },
  };
}

/** What a plugin that is here was allowed before holds for its new version too. */
function requireSize({ bytes = 0 }: Offer, { moduleBytes }: Readonly<Record<string, number>>): void {
  const maxBytes = moduleBytes ?? limitTable.moduleBytes.default;
  if (bytes <= maxBytes) return;
  const message = `it has ${bytes} bytes; at most ${maxBytes} are possible, and --limit moduleBytes=${bytes} allows it`;
  throw new PluginFailure("module_too_large", message);
}

function formatOffer(
  { manifest, ...offer }: Offer,
  { grants, config, limits }: Required<Decisions>,
  environment: Environment,
) {
  const { name, version, kind, description } = manifest;
  const { before } = offer;
  const former = before && before.manifest.version !== version ? `, here is ${before.manifest.version}` : "";
  const facts = formatFacts([
    ["plugin", `${name} ${version}, a ${kind}${former}`],
    ["says", oneLine(description)],
    ["source", offer.source],
    ["signature", `${offer.signature}${tellOtherSigner(offer)}`],
    ["SHA-256", offer.sha256],
    ["config", formatConfig(manifest.permissions.config?.keys ?? [], config, environment)],
    [
      "limits",
      Object.entries(limits)
        .map(([limit, value]) => `${limit}=${value}`)
        .join(", "),
    ],
  ]);
  return `${facts}\n${formatPermissions(manifest, grants, before?.manifest)}${adviseWrite(grants.write, manifest)}\n`;
}

function adviseWrite(write: true | undefined, manifest: Offer["manifest"]): string {
  const hasWrites =
    manifest.kind === "connector" && Object.values(manifest.operations).some(({ writes }) => writes);
  return hasWrites && !write ? "What changes something is granted with --grant write alone.\n" : "";
}

/** Keys and where their values come from; the values are not shown. */
function formatConfig(
  keys: readonly string[],
  config: Readonly<Record<string, ConfigValue>>,
  environment: Environment,
): string {
  const describe = (key: string) =>
    describeConfigValue(config[key], environment) ?? `no value yet, --config ${key}=VALUE sets it`;
  return keys.map((key) => `${key}: ${describe(key)}`).join("\n");
}

/** Whoever trusted a key with secrets and grants should see that they now go to somebody else's file. */
function tellOtherSigner({ before, publicKey }: Pick<Offer, "before" | "publicKey">): string {
  if (before?.publicKey === undefined || before.publicKey === publicKey) return "";
  return `; the one that is here is signed by ${before.publicKey}`;
}

type Answer = "yes" | "no" | "nobody to ask" | "interrupted";

async function ask(io: CliIo, { manifest, before }: Offer, signal: AbortSignal): Promise<Answer> {
  if (io.stdin.isTTY !== true || io.stdout.isTTY !== true) return "nobody to ask";
  using reader = createLineReader(io);
  let isInterrupted = false;
  reader.onInterrupt(() => {
    isInterrupted = true;
    reader[Symbol.dispose]();
  });
  signal.addEventListener("abort", () => reader[Symbol.dispose](), { once: true });
  const line = await reader.next(`${before ? "Update" : "Add"} ${manifest.name} and grant these? [y/N] `);
  if (line === undefined) io.stdout.write("\n");
  signal.throwIfAborted();
  if (isInterrupted) return "interrupted";
  return /^\s*y(es)?\s*$/i.test(line ?? "") ? "yes" : "no";
}

function refuse(io: CliIo, { manifest }: Offer, answer: Exclude<Answer, "yes">): number {
  const advice =
    answer === "nobody to ask" ? "; there is no terminal to ask on, and --yes grants what is shown" : "";
  io.stderr.write(`hearth: ${visible(manifest.name)} was not added${advice}\n`);
  return answer === "interrupted" ? exitCodes.interrupted : exitCodes.failure;
}

function formatTaken({ name, manifest, grants }: PluginRecord, { before }: Offer): string {
  const granted = listGrants(grants).join(", ") || "nothing";
  return `${before ? "updated" : "added"} ${name} ${manifest.version}, granted: ${granted}\n`;
}
