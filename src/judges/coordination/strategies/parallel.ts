import { together } from "../together.ts";
import { aggregatePrompt } from "./prompts.ts";
import type { Strategy } from "./strategy.ts";

/** All agents answer the bare task side by side, and an aggregator makes one answer of theirs. n + 1 calls. */
export const parallel: Strategy = async ({ task, members, closer, ask }, signal) => {
  const answers = await together(
    members,
    (member, index, stopped) =>
      ask(member, { agentId: `parallel_agent_${index}`, prompt: task, stage: 0 }, stopped),
    { limit: members.length, signal },
  );
  const positions = answers.map(({ text }) => text);
  const prompt = aggregatePrompt(task, positions);
  const final = await ask(closer, { agentId: "aggregator", prompt, stage: 1 }, signal);
  return { final, positions, answers: [...answers, final] };
};
