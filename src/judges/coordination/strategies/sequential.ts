import { firstPrompt, reviewPrompt } from "./prompts.ts";
import type { Strategy } from "./strategy.ts";

/** Each agent improves the answer of the one before it; the last answer is the final one. n calls. */
export const sequential: Strategy = async ({ task, members: [first, ...others], ask }, signal) => {
  let final = await ask(first, { agentId: agentId(0), prompt: firstPrompt(task), stage: 0 }, signal);
  const answers = [final];
  for (const [index, member] of others.entries()) {
    const stage = index + 1;
    const prompt = reviewPrompt(task, final.text);
    final = await ask(member, { agentId: agentId(stage), prompt, stage }, signal);
    answers.push(final);
  }
  return { final, positions: answers.map(({ text }) => text), answers };
};

function agentId(index: number): string {
  return `sequential_agent_${index}`;
}
