/** One who answers: a model and the seed that tells it from another of that model. */
export type Member = { readonly model: string; readonly seed: number };

/** One answer of one agent. */
export type AgentAnswer = {
  readonly agentId: string;
  readonly model: string;
  readonly seed: number;
  /** Answers of one stage were written side by side; those of a later stage have read some of an earlier one. */
  readonly stage: number;
  readonly text: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Whether the longest allowed answer ended it. */
  readonly isCut: boolean;
  readonly durationMs: number;
  readonly atMs: number;
};

export type Asked = { readonly agentId: string; readonly prompt: string; readonly stage: number };

export type Team = {
  readonly task: string;
  readonly members: readonly [Member, ...Member[]];
  /** Who puts the answers of the others together. */
  readonly closer: Member;
  /** Of a debate. */
  readonly rounds: number;
  ask(member: Member, asked: Asked, signal: AbortSignal): Promise<AgentAnswer>;
};

export type TeamWork = {
  readonly final: AgentAnswer;
  /** What each member held in the end: as many texts as there are members. */
  readonly positions: readonly string[];
  /** Every answer, in the order of the stages. */
  readonly answers: readonly AgentAnswer[];
};

/** One way for several agents to answer one task. Rejects with the first failure; nothing goes on after that. */
export type Strategy = (team: Team, signal: AbortSignal) => Promise<TeamWork>;
