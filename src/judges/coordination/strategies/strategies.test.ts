import { expect, test } from "bun:test";
import { openCoordination, promptOf, seedOf, specOf } from "../coordination-fixture.ts";
import { strategyNames } from "./strategies.ts";

const { signal } = new AbortController();

async function coordinate(fields: object) {
  await using opened = await openCoordination();
  const { result } = await opened.coordination.measure(specOf({ seed: 7, ...fields }), { signal });
  const { asked } = opened;
  const agents = asked().slice(asked().length - (result?.agentAnswers.length ?? 0));
  return { agents, ids: result?.agentAnswers.map(({ agentId }) => agentId), result };
}

const cases = strategyNames.flatMap((strategy) => [1, 2, 3, 4].map((agents) => ({ strategy, agents })));

test.each(cases)("$strategy of $agents asks as often as it says", async ({ strategy, agents }) => {
  const { result } = await coordinate({ strategy, num_agents: agents, rounds: 2 });
  const table = { sequential: agents, parallel: agents + 1, debate: agents + agents * 2 + 1 };
  expect(result?.costs.coordinated.calls).toBe(table[strategy]);
  // Consensus is of the final positions, one of each agent, whatever was said on the way.
  expect(result?.consensus.pairs).toBe((agents * (agents - 1)) / 2);
  expect(result?.costs.baseline.calls).toBe(agents);
});

test("sequential: each agent reviews the answer before it alone, and the last answer is the final one", async () => {
  const { agents, ids, result } = await coordinate({ strategy: "sequential", num_agents: 3 });
  expect(ids).toEqual(["sequential_agent_0", "sequential_agent_1", "sequential_agent_2"]);
  const [first = "", second = "", third = ""] = agents.map(promptOf);
  expect(first).toBe("How high is Mont Blanc?\n\nGive an initial solution.");
  expect(second).toContain("seed 507");
  expect(third).toContain("seed 508");
  expect(third).not.toContain("seed 507");
  expect(third).toContain("keep what is right, fix what is wrong");
  expect(result?.finalAnswer).toBe("seed 509");
});

test("parallel: all agents get the bare task, and the aggregator sees every answer", async () => {
  const { agents, ids } = await coordinate({ strategy: "parallel", num_agents: 3 });
  expect(ids).toEqual(["parallel_agent_0", "parallel_agent_1", "parallel_agent_2", "aggregator"]);
  expect(agents.slice(0, 3).map(promptOf)).toEqual(Array(3).fill("How high is Mont Blanc?"));
  expect(agents.map(seedOf)).toEqual([507, 508, 509, 510]);
  const [last = ""] = agents.slice(3).map(promptOf);
  for (const seed of [507, 508, 509]) expect(last).toContain(`seed ${seed}`);
});

test("debate: each round every agent sees what the others held before it, and none what is written beside it", async () => {
  let turn = 0;
  await using opened = await openCoordination({ says: () => `text${turn++}` });
  const spec = specOf({ strategy: "debate", num_agents: 2, rounds: 2, seed: 7 });
  const { result } = await opened.coordination.measure(spec, { signal });
  const prompts = opened.asked().slice(2).map(promptOf);
  expect(prompts.slice(0, 2)).toEqual([spec.task, spec.task]);
  const own = (text: string) => `Your own position:\n${text}\n`;
  const theirs = (agent: number, text: string) => `Agent ${agent}:\n${text}\n`;
  expect(prompts[2]).toContain(theirs(2, "text3"));
  expect(prompts[2]).toContain(own("text2"));
  expect(prompts[3]).toContain(theirs(1, "text2"));
  expect(prompts[3]).toContain(own("text3"));
  expect(prompts[4]).toContain(theirs(2, "text5"));
  expect(prompts[6]).toContain("Position 1:\ntext6\n");
  expect(prompts[6]).toContain("Position 2:\ntext7\n");
  expect(result?.finalAnswer).toBe("text8");
  expect(result?.agentAnswers.map(({ agentId }) => agentId)).toEqual([
    ...["debate_agent_0", "debate_agent_1", "debate_agent_0", "debate_agent_1"],
    ...["debate_agent_0", "debate_agent_1", "consensus_builder"],
  ]);
});

test("agents of a debate write at the same time", async () => {
  const reached = Promise.withResolvers<void>();
  let waiting = 0;
  await using opened = await openCoordination({
    says: () => {
      waiting += 1;
      if (waiting === 3) reached.resolve();
      return [{ until: reached.promise }, { text: "yes" }];
    },
  });
  await opened.coordination.measure(specOf({ strategy: "debate", num_agents: 3, rounds: 1 }), { signal });
  expect(waiting).toBe(3 + 7);
});

test("agents may be different models, and the first one's puts the answers together", async () => {
  await using opened = await openCoordination({ models: ["alpha", "beta"] });
  const agents = [{ model: "alpha" }, { model: "beta" }];
  await opened.coordination.measure(specOf({ strategy: "parallel", agents }), { signal });
  expect(opened.asked().map(({ model }) => model)).toEqual(["alpha", "beta", "alpha", "beta", "alpha"]);
});
