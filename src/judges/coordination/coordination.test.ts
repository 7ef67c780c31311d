import { describe, expect, test } from "bun:test";
import { AppError } from "../../base/index.ts";
import { openCoordination, promptOf, seedOf, specOf } from "./coordination-fixture.ts";

const { signal } = new AbortController();

/** What a promise is rejected with. */
async function failureOf(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AppError) return error;
  throw new Error(`expected an AppError, got ${String(error)}`);
}

test("the team's answer is measured against agents alone, by the same judge", async () => {
  await using opened = await openCoordination({
    says: (request) => (promptOf(request).startsWith("Task:") ? "team" : "alone"),
    judges: (material) => (material.includes("Answer: team") ? 9 : 6),
  });
  const { run, result } = await opened.coordination.measure(
    specOf({ strategy: "parallel", num_agents: 2, repeats: 5 }),
    { signal },
  );
  expect(run.status).toBe("completed");
  expect(result?.effect).toMatchObject({
    ...{ scored: true, coordinatedQuality: 0.9, baselineQuality: 0.6, gammaLabel: "helping" },
    ...{
      gamma: expect.closeTo(1.5, 10),
      omega: expect.closeTo(0.3, 10),
      isEffective: true,
      isEmergent: true,
    },
  });
  expect(result?.consensus).toEqual({ rate: expect.closeTo(1, 6), pairs: 5, pairsFailed: 0 });
  expect(result?.redundancy.addingNothing).toBeCloseTo(1 / 3, 10);
  expect(result?.behaviouralConsistency.map(({ agentId }) => agentId)).toEqual([
    ...["parallel_agent_0", "parallel_agent_1", "aggregator"],
  ]);
  expect(result?.drift.quality.samples).toBe(5);
});

test("the same seed asks the same questions, and every repeat and arm has seeds of its own", async () => {
  const seeds = async () => {
    await using opened = await openCoordination();
    await opened.coordination.measure(specOf({ num_agents: 2, repeats: 2, seed: 40 }), { signal });
    return opened.asked().map(seedOf);
  };
  expect(await seeds()).toEqual([40, 41, 540, 541, 1040, 1041, 1540, 1541]);
  expect(await seeds()).toEqual(await seeds());
});

describe("a judge that fails", () => {
  test("leaves its repeat out, and the others as they are", async () => {
    const measure = async (fails: boolean) => {
      let judged = 0;
      await using opened = await openCoordination({
        // Of each repeat two baseline answers and the final one are judged; the sixth is the second's final one.
        judges: () => (fails && ++judged === 6 ? "no JSON" : 5),
      });
      const { result } = await opened.coordination.measure(specOf({ num_agents: 2, repeats: 6 }), { signal });
      return result;
    };
    const whole = await measure(false);
    const broken = await measure(true);
    expect(broken).toMatchObject({ repeatsDropped: 1, unscored: [{ repeat: 1, name: "quality" }] });
    expect(broken?.repeats.filter(({ repeat }) => repeat !== 1)).toEqual(
      whole?.repeats.filter(({ repeat }) => repeat !== 1) ?? [],
    );
    expect(broken?.drift.quality.samples).toBe(5);
  });

  test("always leaves nothing to say, and no number in its place", async () => {
    await using opened = await openCoordination({ judges: () => "no JSON" });
    const { result } = await opened.coordination.measure(specOf({ num_agents: 2 }), { signal });
    expect(result?.effect).toEqual({ scored: false, reason: expect.any(String) });
    expect(result).toMatchObject({ repeatsDropped: 1, drift: { quality: { samples: 0 } } });
    expect(result?.unscored).toHaveLength(3);
  });
});

test("a closed task with a reference needs no judge, and votes are counted", async () => {
  await using opened = await openCoordination({
    says: (request) => (seedOf(request) % 2 === 0 ? "391." : "390"),
  });
  const spec = specOf({ strategy: "parallel", num_agents: 4, closed: true, reference: "391", seed: 0 });
  const { result } = await opened.coordination.measure(spec, { signal });
  expect(opened.judged()).toEqual([]);
  expect(result).toMatchObject({ judge: "reference", majorityRate: 0.5 });
  expect(result?.effect).toMatchObject({ baselineQuality: 0.5, coordinatedQuality: 1, gamma: 2 });
});

test("the control is the best of as many answers as the team's tokens pay for, and makes those that are missing", async () => {
  await using opened = await openCoordination({
    says: () => "one two three",
    judges: () => 5,
  });
  const { result } = await opened.coordination.measure(
    specOf({ strategy: "parallel", num_agents: 2, compute_matched: true }),
    { signal },
  );
  const { baseline, coordinated, control } = result?.costs ?? {};
  const each = ((baseline?.promptTokens ?? 0) + (baseline?.completionTokens ?? 0)) / 2;
  const affordable = Math.floor(
    ((coordinated?.promptTokens ?? 0) + (coordinated?.completionTokens ?? 0)) / each,
  );
  expect(affordable).toBeGreaterThan(2);
  expect(result?.control).toEqual({ affordable, answers: affordable, isCapped: false });
  expect(control?.calls).toBe(affordable - 2);
  expect(result?.effect).toMatchObject({ gammaComputeMatched: 1 });
});

describe("a run that stops", () => {
  test("goes on where it stopped, and nothing is asked twice", async () => {
    const stopping = new AbortController();
    await using opened = await openCoordination();
    const { coordination, runs } = opened;
    const failure = await failureOf(
      coordination.measure(specOf({ num_agents: 2, repeats: 3, seed: 1 }), {
        signal: stopping.signal,
        onProgress: ({ repeat, step }) => {
          if (repeat === 2 && step === "coordinating") stopping.abort(new AppError("cancelled", "stopped"));
        },
      }),
    );
    const id = String(failure.details.run);
    expect(failure.code).toBe("cancelled");
    expect(await runs.get(id)).toMatchObject({ status: "cancelled", parts: [{ key: "repeat-0" }] });
    expect(opened.engine.running).toBe(0);
    const before = opened.asked().length;
    const { run, result } = await coordination.resume(id, { signal });
    expect(run.status).toBe("completed");
    // The second baseline is in the cache; its team and all of the third repeat are asked.
    expect(opened.asked().length - before).toBe(2 + 4);
    expect(result?.repeats.map(({ repeat }) => repeat)).toEqual([0, 1, 2]);
    expect(await failureOf(coordination.resume(id, { signal }))).toMatchObject({ code: "conflict" });
  });

  test("stops every agent that is writing", async () => {
    const stopping = new AbortController();
    let writing = 0;
    await using opened = await openCoordination({
      says: () => {
        writing += 1;
        if (writing === 3) stopping.abort(new AppError("cancelled", "stopped"));
        return [{ until: new Promise(() => {}) }];
      },
    });
    const work = opened.coordination.measure(specOf({ num_agents: 3 }), { signal: stopping.signal });
    expect(await failureOf(work)).toMatchObject({ code: "cancelled", message: "stopped" });
    expect(opened.engine.running).toBe(0);
  });

  test("by the failure of one agent stops the others, and tells of it", async () => {
    await using opened = await openCoordination({
      says: (request) =>
        seedOf(request) === 1
          ? [{ fail: new AppError("host_died", "the engine is gone") }]
          : [{ until: new Promise(() => {}) }],
    });
    const failure = await failureOf(
      opened.coordination.measure(specOf({ num_agents: 3, seed: 0 }), { signal }),
    );
    expect(failure).toMatchObject({ code: "host_died", message: "the engine is gone" });
    expect(opened.engine.running).toBe(0);
    expect(await opened.coordination.get(String(failure.details.run))).toMatchObject({
      run: { status: "failed", error: { code: "host_died" } },
      repeatsDone: 0,
    });
  });

  test("because what an agent reads is too long says what to lower", async () => {
    await using opened = await openCoordination({ contextTokens: 120, says: () => "word ".repeat(30) });
    const failure = await failureOf(opened.coordination.measure(specOf({ num_agents: 2 }), { signal }));
    expect(failure.code).toBe("context_limit_exceeded");
    expect(failure.message).toMatch(
      /sequential_agent_1 .* fake-model: \d+ tokens of 120; lower .*max_tokens/,
    );
  });
});

test("a model that makes embeddings only, and one that is not there, are refused before anything runs", async () => {
  await using opened = await openCoordination({ capabilities: { generate: false } });
  expect(await failureOf(opened.coordination.measure(specOf(), { signal }))).toMatchObject({
    code: "invalid_request",
  });
  expect(await failureOf(opened.coordination.measure(specOf({ model: "gone" }), { signal }))).toMatchObject({
    code: "model_not_found",
  });
  expect(await opened.coordination.list()).toEqual([]);
});

test("every call counts against the tenant who asked, and gives way to people who chat", async () => {
  await using opened = await openCoordination();
  const spec = specOf({ strategy: "parallel", num_agents: 2, repeats: 1 });
  await opened.coordination.measure(spec, { signal, tenant: "key-1" });
  const asked = opened.engine.requests.map(({ tenant, priority }) => `${tenant} ${priority}`);
  expect(new Set(asked)).toEqual(new Set(["key-1 batch"]));
});
