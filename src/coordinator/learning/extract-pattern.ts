import { createId, cutText } from "../../base/index.ts";
import type { GenerateRequest, JsonObject } from "../../contract/index.ts";
import type { CoordinatorDeps } from "../deps.ts";
import type { Interaction } from "./interaction.ts";

/** Tenant of the requests that learning itself makes. */
export const learningTenant = "learning";
/** Of the query and of the response that the model is shown, each. */
export const maxShownCharacters = 500;
/** Longest pattern that a model may write. */
export const maxPatternTokens = 500;
const temperature = 0.3;
const maxFieldCharacters = 600;
const maxSkills = 12;
const maxSkillCharacters = 80;

export type Pattern = {
  readonly problemType: string;
  readonly solutionApproach: string;
  readonly skillsUsed: readonly string[];
  readonly generalizablePattern: string;
};

const field = (maxLength: number) => ({ type: "string", minLength: 1, maxLength });
/** What the grammar holds the model to. */
export const patternSchema: JsonObject = {
  type: "object",
  properties: {
    problem_type: field(maxSkillCharacters),
    solution_approach: field(maxFieldCharacters),
    skills_used: { type: "array", items: field(maxSkillCharacters), maxItems: maxSkills },
    generalizable_pattern: field(maxFieldCharacters),
  },
  required: ["problem_type", "solution_approach", "skills_used", "generalizable_pattern"],
  additionalProperties: false,
};

/** Asks a local model what can be learnt of an answer that worked; undefined where it writes no whole pattern. */
export async function extractPattern(
  { generate }: Pick<CoordinatorDeps, "generate">,
  model: string,
  { query = "", response = "" }: Pick<Interaction, "query" | "response">,
  signal: AbortSignal,
): Promise<Pattern | undefined> {
  let text = "";
  for await (const event of generate(toRequest(model, toPrompt(query, response)), signal))
    if (event.type === "text") text += event.text;
  return parsePattern(text);
}

export function parsePattern(text: string): Pattern | undefined {
  let written: unknown;
  try {
    written = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof written !== "object" || written === null) return undefined;
  const fields = written as Readonly<Record<string, unknown>>;
  const [problemType, solutionApproach, generalizablePattern] = [
    fields.problem_type,
    fields.solution_approach,
    fields.generalizable_pattern,
  ].map((value) => (typeof value === "string" ? cutText(value.trim(), maxFieldCharacters) : ""));
  const skills = fields.skills_used;
  if (!problemType || !solutionApproach || !generalizablePattern || !Array.isArray(skills)) return undefined;
  if (![problemType, solutionApproach, generalizablePattern].every(hasWord)) return undefined;
  const skillsUsed = skills
    .filter((skill) => typeof skill === "string" && skill.trim() !== "")
    .slice(0, maxSkills)
    .map((skill: string) => cutText(skill.trim(), maxSkillCharacters));
  return { problemType, solutionApproach, skillsUsed, generalizablePattern };
}

/** A small model that is held to the grammar may fill a field with punctuation, which teaches nothing. */
function hasWord(text: string): boolean {
  return /\p{L}[\p{L}\p{M}]/u.test(text);
}

function toPrompt(query: string, response: string): string {
  return [
    "An answer solved a user's problem. Say what can be learnt from it for problems of the same kind.",
    "Name the kind of problem, how it was solved, the skills it took, and the pattern that carries over.",
    "",
    `Question:\n${cutText(query, maxShownCharacters)}`,
    "",
    `Answer:\n${cutText(response, maxShownCharacters)}`,
  ].join("\n");
}

function toRequest(model: string, prompt: string): GenerateRequest {
  return {
    ...{ id: createId(learningTenant), model, tenant: learningTenant, privacy: "local", caching: "off" },
    input: {
      ...{ type: "chat", tools: [], toolChoice: "none", parallelToolCalls: false },
      ...{ messages: [{ role: "user", content: prompt }], templateVariables: {} },
      ...{ reasoning: { enabled: false, format: "split" } },
      ...{ continueFinalMessage: false, addGenerationPrompt: true },
    },
    ...{ sampling: { temperature }, maxTokens: maxPatternTokens, stop: [], choices: 1 },
    constraint: { type: "json-schema", schema: patternSchema },
    ...{ entropy: false, promptLogprobs: false, priority: "batch", cachePrompt: false },
  };
}
