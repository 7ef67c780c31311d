import { together } from "../together.ts";
import { consensusPrompt, debatePrompt } from "./prompts.ts";
import type { AgentAnswer, Strategy } from "./strategy.ts";

/**
 * All agents answer the task, then in each round every agent sees what all held before it and holds its position anew;
 * a builder makes one answer of the final positions. n + n * rounds + 1 calls.
 */
export const debate: Strategy = async ({ task, members, closer, rounds, ask }, signal) => {
  const answerAll = (stage: number, toPrompt: (index: number) => string) =>
    together(
      members,
      (member, index, stopped) =>
        ask(member, { agentId: `debate_agent_${index}`, prompt: toPrompt(index), stage }, stopped),
      { limit: members.length, signal },
    );
  let held = await answerAll(0, () => task);
  const answers: AgentAnswer[] = [...held];
  for (let round = 1; round <= rounds; round += 1) {
    const before = held.map(({ text }) => text);
    held = await answerAll(round, (index) =>
      debatePrompt(task, before[index] ?? "", othersOf(before, index)),
    );
    answers.push(...held);
  }
  const positions = held.map(({ text }) => text);
  const prompt = consensusPrompt(task, positions);
  const final = await ask(closer, { agentId: "consensus_builder", prompt, stage: rounds + 1 }, signal);
  return { final, positions, answers: [...answers, final] };
};

function othersOf(texts: readonly string[], own: number) {
  return texts.map((text, index) => ({ number: index + 1, text })).filter(({ number }) => number !== own + 1);
}
