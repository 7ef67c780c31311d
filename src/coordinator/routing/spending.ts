/**
 * What calls of upstreams cost, within a sliding hour that a restart does not forget. A call reserves what it may cost
 * before it is made, and settles what it did cost.
 */
import { toAppError } from "../../base/index.ts";
import type { GenerateRequest, Usage } from "../../contract/index.ts";
import { type Clock, type CostLimit, createCostLimit, type Reservation } from "../../resilience/index.ts";
import type { UpstreamModel } from "../../upstreams/index.ts";
import { createBatchWriter } from "../batch-writer.ts";
import type { CoordinatorDeps } from "../deps.ts";
import { estimateTokens, wholeText } from "../input-text.ts";
import type { RemoteTarget } from "./target.ts";
import { writeLimits } from "./write-limits.ts";

export type Spending = {
  /** USD that may still be spent within this hour; undefined where there is no limit. */
  left(): Promise<number | undefined>;
  /** Whether the price of the model is known, where it has to be. */
  isPriced(target: RemoteTarget, signal: AbortSignal): Promise<boolean>;
  /** Throws AppError cost_limit_exceeded, before anything is sent. */
  begin(target: RemoteTarget, request: GenerateRequest, signal: AbortSignal): Promise<Expense>;
  /** Within the last hour. */
  spent(): Promise<number>;
  /** Waits until all of it is stored. */
  close(): Promise<void>;
};

/** One call that is under way. */
export type Expense = {
  /** Ends it by what was used, or by what was seen of an answer that broke off; nothing where there was no answer. */
  settle(used: { readonly usage?: Usage; readonly text: string }): void;
};

type SpendingDeps = Pick<CoordinatorDeps, "database" | "logger" | "now" | "observer"> & {
  readonly settings: Pick<CoordinatorDeps["settings"], "maxUsdPerHour">;
};
type Price = Required<Pick<UpstreamModel, "inputUsd" | "outputUsd">>;

const hourMs = 3_600_000;
/** What is older is forgotten. */
const keptMs = 31 * 24 * hourMs;
/** Rows that leave with one write. */
const maxForgotten = 200;
const tokensOfPrice = 1_000_000;
/** Of texts that take many tokens; most texts take fewer than are reserved by it. */
const leastBytesPerToken = 2;
/** Reserved for an answer whose length nobody limits. */
const usualAnswerTokens = 1_024;

export function createSpending(deps: SpendingDeps, clock: Clock): Spending {
  const { settings, now, logger } = deps;
  const { maxUsdPerHour: maxUsd } = settings;
  const account = openAccount(deps);
  const writer = createBatchWriter<SpendRow>({
    ...{ ...writeLimits, clock },
    write: (rows) => save(deps, rows),
    onLost: (lost, { message }) => logger.error("spending_unwritten", { lost, error: message }),
  });

  return {
    async left() {
      if (maxUsd === undefined) return undefined;
      const limit = await account();
      return Math.max(0, maxUsd - limit.spent() - limit.reserved());
    },
    isPriced: async (target, signal) =>
      maxUsd === undefined || (await findPrice(target, { mustKnow: true, signal })) !== undefined,
    async begin(target, request, signal) {
      const price = await findPrice(target, { mustKnow: maxUsd !== undefined, signal });
      const limit = await account();
      const prompt = price ? wholeText(request.input) : "";
      const promptTokens = estimateTokens(prompt);
      const reservation = limit.reserve(price && costOf(price, mostOf(prompt, request)), target.name);
      return {
        settle({ usage, text }) {
          const usd = price ? usdOf(price, { usage, text, promptTokens, reservation }) : 0;
          limit.settle(reservation, usd);
          if (usd === 0) return;
          deps.observer.spent(target.upstream.config.name, usd);
          writer.add({ tenant: request.tenant, model: target.name, usd, at_ms: now() });
        },
      };
    },
    spent: async () => (await account()).spent(),
    close: () => writer.settle(),
  };
}

/** Tokens that a call is reserved for. */
function mostOf(prompt: string, { choices, maxTokens = usualAnswerTokens }: GenerateRequest) {
  return {
    promptTokens: Math.ceil(Buffer.byteLength(prompt) / leastBytesPerToken),
    completionTokens: choices * maxTokens,
  };
}

type Used = {
  readonly usage: Usage | undefined;
  readonly text: string;
  readonly promptTokens: number;
  readonly reservation: Reservation;
};

/** A server that counts nothing is charged what was reserved. */
function usdOf(price: Price, { usage, text, promptTokens, reservation }: Used): number {
  if (usage && usage.promptTokens + usage.completionTokens > 0) return costOf(price, usage);
  if (usage) return reservation.usd;
  return text === "" ? 0 : costOf(price, { promptTokens, completionTokens: estimateTokens(text) });
}

/**
 * USD; prices are those of a million tokens. Tokens of a prompt that an upstream had cached are charged in full, and
 * those of reasoning are among the completion's.
 */
export function costOf(
  { inputUsd, outputUsd }: Price,
  { promptTokens, completionTokens }: Pick<Usage, "promptTokens" | "completionTokens">,
): number {
  return (promptTokens * inputUsd + completionTokens * outputUsd) / tokensOfPrice;
}

/** By what is known of the model; where a price must be known, the upstream is asked for its list too. */
async function findPrice(
  { upstream, model }: RemoteTarget,
  { mustKnow, signal }: { readonly mustKnow: boolean; readonly signal: AbortSignal },
): Promise<Price | undefined> {
  const known = toPrice(upstream.describe(model));
  if (known || !mustKnow) return known;
  return toPrice((await upstream.models(signal)).find(({ name }) => name === model));
}

function toPrice(model: Pick<UpstreamModel, "inputUsd" | "outputUsd"> | undefined): Price | undefined {
  const { inputUsd, outputUsd } = model ?? {};
  return inputUsd === undefined || outputUsd === undefined ? undefined : { inputUsd, outputUsd };
}

/** The account of this hour, opened with what is stored of it. Without a limit nothing is read. */
function openAccount(deps: SpendingDeps): () => Promise<CostLimit> {
  const { maxUsdPerHour: maxUsd } = deps.settings;
  if (maxUsd === undefined) {
    const limit = createCostLimit({ now: deps.now });
    return async () => limit;
  }
  let opening: Promise<CostLimit> | undefined;
  const open = async () => replay(await readHour(deps), { maxUsd, now: deps.now });
  return () => {
    opening ??= open();
    return opening;
  };
}

type Spent = { readonly atMs: number; readonly usd: number };

/** Lets an account live through what was spent already. */
function replay(spent: readonly Spent[], { maxUsd, now }: { maxUsd: number; now: () => number }): CostLimit {
  let replayedMs: number | undefined = spent[0]?.atMs;
  const limit = createCostLimit({ maxUsd, now: () => replayedMs ?? now() });
  const reservations = spent.map(({ usd, atMs }) => ({ usd, atMs, reservation: limit.reserve(0, "") }));
  for (const { usd, atMs, reservation } of reservations) {
    replayedMs = atMs;
    limit.settle(reservation, usd);
  }
  replayedMs = undefined;
  return limit;
}

/** What another clock dated into the future counts as spent now. */
async function readHour({ database, logger, now }: SpendingDeps): Promise<readonly Spent[]> {
  const nowMs = now();
  try {
    const { kysely } = await database();
    await kysely.updateTable("upstream_spend").set({ at_ms: nowMs }).where("at_ms", ">", nowMs).execute();
    const rows = await kysely
      .selectFrom("upstream_spend")
      .select(["at_ms", "usd"])
      .where("at_ms", ">", nowMs - hourMs)
      .orderBy("at_ms")
      .execute();
    return rows.map(({ at_ms, usd }) => ({ atMs: at_ms, usd }));
  } catch (error) {
    logger.error("spending_unread", { error: toAppError(error).message });
    return [];
  }
}

type SpendRow = {
  readonly tenant: string;
  readonly model: string;
  readonly usd: number;
  readonly at_ms: number;
};

async function save({ database, now }: SpendingDeps, rows: readonly SpendRow[]): Promise<void> {
  const { kysely } = await database();
  await kysely.transaction().execute(async (queries) => {
    await queries.insertInto("upstream_spend").values(rows).execute();
    await queries
      .deleteFrom("upstream_spend")
      .where("id", "in", (query) =>
        query
          .selectFrom("upstream_spend")
          .select("id")
          .where("at_ms", "<", now() - keptMs)
          .limit(maxForgotten),
      )
      .execute();
  });
}
