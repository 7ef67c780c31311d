import { describe, expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import { askModel, userMessage } from "../ask-model.ts";
import { isOverBudget, priceOf } from "./budget.ts";
import { openCoordination, specOf } from "./coordination-fixture.ts";
import { createMeter, createTally } from "./meter.ts";
import { createSpendTable, hourMs } from "./spend-table.ts";

const { signal } = new AbortController();

async function refusalOf(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AppError) return error;
  throw new Error(`expected a refusal, got ${String(error)}`);
}

test("a million tokens read at 2 USD and half a million written at 6 cost 5 USD", () => {
  expect(priceOf({ inputUsdPerMillion: 2, outputUsdPerMillion: 6 }, 1_000_000, 500_000)).toBe(5);
  expect(priceOf(undefined, 1_000_000, 500_000)).toBe(0);
});

describe("a call that could exceed the budget is not made", () => {
  test("of calls", async () => {
    await using opened = await openCoordination();
    const refusal = await refusalOf(
      opened.coordination.measure(specOf({ num_agents: 2, budget: { calls: 5 } }), { signal }),
    );
    expect(isOverBudget(refusal)).toBe(true);
    expect(opened.engine.requests).toHaveLength(5);
  });

  test("of tokens, of which its prompt and its longest answer are reckoned with", async () => {
    await using opened = await openCoordination({ says: () => "word" });
    const spec = specOf({ num_agents: 1, max_tokens: 100, budget: { tokens: 120 } });
    const refusal = await refusalOf(opened.coordination.measure(spec, { signal }));
    expect(refusal.message).toMatch(
      /baseline_agent_0 may take up to 139 tokens, and of 120 an hour 0 are gone/,
    );
    expect(opened.engine.requests).toEqual([]);
  });

  test("of money, by the price of its model", async () => {
    await using opened = await openCoordination();
    const prices = { "fake-model": { input_usd_per_million: 0, output_usd_per_million: 1_000_000 } };
    const refusal = await refusalOf(
      opened.coordination.measure(specOf({ max_tokens: 10, prices, budget: { usd: 9 } }), { signal }),
    );
    expect(refusal.details).toMatchObject({ kind: "usd", wanted: 10, limit: 9 });
  });

  test("of one agent, while others go on", async () => {
    await using opened = await openCoordination();
    const spec = specOf({ num_agents: 2, strategy: "debate", rounds: 2, agent_budget: { calls: 2 } });
    const refusal = await refusalOf(opened.coordination.measure(spec, { signal }));
    expect(refusal.message).toMatch(/^the budget of debate_agent_\d is spent/);
  });
});

test("a refused call of the judge ends the run too, instead of passing for a judge that failed", async () => {
  await using opened = await openCoordination();
  const refusal = await refusalOf(
    opened.coordination.measure(specOf({ num_agents: 1, budget: { calls: 1 } }), { signal }),
  );
  expect(refusal).toMatchObject({ code: "budget_exceeded", details: { agent: "evaluator" } });
});

test("a run over budget keeps what was done, and goes on in the next hour", async () => {
  await using opened = await openCoordination();
  const { coordination, time } = opened;
  // One repeat of two agents takes two answers alone, two of the team and three judgements.
  const spec = specOf({ num_agents: 2, repeats: 2, budget: { calls: 8 } });
  const refusal = await refusalOf(coordination.measure(spec, { signal }));
  const id = String(refusal.details.run);
  expect(await coordination.get(id)).toMatchObject({
    run: { status: "failed", error: { code: "budget_exceeded" } },
    repeatsDone: 1,
  });
  expect(isOverBudget(await refusalOf(coordination.resume(id, { signal })))).toBe(true);
  time.ms += hourMs;
  expect(await coordination.resume(id, { signal })).toMatchObject({
    run: { status: "completed" },
    repeatsDone: 2,
  });
});

test("a run over budget goes on with a higher one at once", async () => {
  await using opened = await openCoordination();
  const refusal = await refusalOf(
    opened.coordination.measure(specOf({ num_agents: 1, budget: { calls: 1 } }), { signal }),
  );
  const id = String(refusal.details.run);
  const { run } = await opened.coordination.resume(id, { signal, budget: { calls: 100 } });
  expect(run.status).toBe("completed");
});

describe("what is charged", () => {
  test("is what a call did cost, once it has ended", async () => {
    await using opened = await openCoordination({ says: () => "one two three" });
    const { result } = await opened.coordination.measure(specOf({ num_agents: 1 }), { signal });
    const { baseline, coordinated, judging } = result?.costs ?? {};
    const spent = await createSpendTable({ ...opened.deps, now: () => opened.time.ms }).readHour();
    const all = [baseline, coordinated, judging].map(
      (cost) => (cost?.promptTokens ?? 0) + (cost?.completionTokens ?? 0),
    );
    expect(spent).toMatchObject({ calls: 4, tokens: all.reduce((sum, tokens) => sum + tokens, 0) });
    expect(baseline?.completionTokens).toBe(3);
  });

  test("is nothing for a call that never ran, and what was read and written of one that failed midway", async () => {
    await using opened = await openCoordination({
      contextTokens: 50,
      says: () => [{ text: "one" }, { text: " two" }, { fail: new AppError("host_died", "gone") }],
    });
    const spending = createSpendTable({ ...opened.deps, now: () => opened.time.ms });
    const meter = createMeter({
      deps: opened.deps,
      spending,
      budget: {},
      agentBudget: {},
      prices: new Map(),
    });
    const tally = createTally();
    const ask = async (content: string) => {
      await askModel(
        meter.depsFor("agent", tally),
        { model: "fake-model", messages: userMessage(content) },
        signal,
      );
    };
    expect((await refusalOf(ask("long ".repeat(50)))).code).toBe("context_limit_exceeded");
    expect(await spending.readHour()).toEqual({ calls: 0, tokens: 0, usd: 0 });
    expect((await refusalOf(ask("short"))).code).toBe("host_died");
    expect(tally.cost).toMatchObject({ calls: 1, completionTokens: 2 });
    expect((await spending.readHour()).calls).toBe(1);
  });
});

test("agents that ask at the same time do not pass the limit together", async () => {
  await using opened = await openCoordination();
  const spending = createSpendTable({ ...opened.deps, now: () => opened.time.ms });
  const refuse = ({ calls }: { readonly calls: number }) => {
    if (calls >= 3) throw new AppError("forbidden", "enough");
  };
  const charges = Array.from({ length: 8 }, () => spending.charge({ agent: "a", tokens: 1, usd: 0 }, refuse));
  const outcomes = await Promise.allSettled(charges);
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(3);
});

test("spending that is older than a day is forgotten", async () => {
  await using opened = await openCoordination();
  const { time, deps, database } = opened;
  const spending = createSpendTable({ ...deps, now: () => time.ms });
  await spending.charge({ agent: "a", tokens: 1, usd: 0 }, () => {});
  time.ms += 24 * hourMs + 1;
  await spending.charge({ agent: "b", tokens: 1, usd: 0 }, () => {});
  const rows = await database.kysely.selectFrom("coordination_spend").select("agent").execute();
  expect(rows).toEqual([{ agent: "b" }]);
});

test("what one tenant spends leaves another's budget whole", async () => {
  await using opened = await openCoordination();
  const options = { ...opened.deps, now: () => opened.time.ms };
  await createSpendTable({ ...options, tenant: "key-a" }).charge({ agent: "a", tokens: 9, usd: 1 }, () => {});
  const spent: unknown[] = [];
  await createSpendTable({ ...options, tenant: "key-b" }).charge(
    { agent: "a", tokens: 1, usd: 0 },
    (...given) => void spent.push(...given),
  );
  const nothing = { calls: 0, tokens: 0, usd: 0 };
  expect(spent).toEqual([nothing, nothing]);
});
