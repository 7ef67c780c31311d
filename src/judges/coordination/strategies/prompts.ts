export function firstPrompt(task: string): string {
  return `${task}\n\nGive an initial solution.`;
}

export function reviewPrompt(task: string, previous: string): string {
  return `Task:
${task}

This is the answer so far:
${previous}

Review it: keep what is right, fix what is wrong. Write the whole improved answer and nothing else.`;
}

export function aggregatePrompt(task: string, answers: readonly string[]): string {
  return `Task:
${task}

Several agents answered it independently.

${numbered("Answer", answers)}

Write one answer to the task that joins what is right in these and leaves out what is wrong. Write the answer and nothing else.`;
}

/** `others` are the positions of the other agents, by their number from 1. */
export function debatePrompt(
  task: string,
  own: string,
  others: readonly { readonly number: number; readonly text: string }[],
): string {
  const positions = others.map(({ number, text }) => `Agent ${number}:\n${text}`).join("\n\n");
  const theirs = others.length === 0 ? "" : `The other agents hold:\n\n${positions}\n\n`;
  return `Task:
${task}

${theirs}Your own position:
${own}

Strengthen your position, rebut theirs, change your mind or join the best of all, as the arguments deserve. Write your position as a whole answer to the task and nothing else.`;
}

export function consensusPrompt(task: string, positions: readonly string[]): string {
  return `Task:
${task}

Agents debated it and hold these positions now.

${numbered("Position", positions)}

Write the one answer that this debate leads to. Write the answer and nothing else.`;
}

function numbered(name: string, texts: readonly string[]): string {
  return texts.map((text, index) => `${name} ${index + 1}:\n${text}`).join("\n\n");
}
