/** What an answer is held to where nothing else is said. `none` asks for nothing. */
export type Preset = {
  readonly minResponseLength: number;
  readonly maxResponseLength: number;
  readonly requiredKeywords: readonly string[];
  readonly forbiddenKeywords: readonly string[];
  readonly minCoherenceScore: number;
  readonly minRelevanceScore: number;
  readonly requireFactualAccuracy: boolean;
};

export const presetNames = ["default", "technical_documentation", "creative_writing", "none"] as const;
export type PresetName = (typeof presetNames)[number];

export const presets: Readonly<Record<PresetName, Preset>> = {
  default: {
    minResponseLength: 10,
    maxResponseLength: 10_000,
    requiredKeywords: [],
    forbiddenKeywords: ["I cannot", "I don't know", "unable to"],
    minCoherenceScore: 0.7,
    minRelevanceScore: 0.8,
    requireFactualAccuracy: true,
  },
  technical_documentation: {
    minResponseLength: 100,
    maxResponseLength: 5_000,
    requiredKeywords: ["implementation", "example"],
    forbiddenKeywords: ["I think", "maybe"],
    minCoherenceScore: 0.85,
    minRelevanceScore: 0.9,
    requireFactualAccuracy: true,
  },
  creative_writing: {
    minResponseLength: 50,
    maxResponseLength: 20_000,
    requiredKeywords: [],
    forbiddenKeywords: ["error", "failed"],
    minCoherenceScore: 0.6,
    minRelevanceScore: 0.7,
    requireFactualAccuracy: false,
  },
  none: {
    minResponseLength: 0,
    maxResponseLength: Number.MAX_SAFE_INTEGER,
    requiredKeywords: [],
    forbiddenKeywords: [],
    minCoherenceScore: 0,
    minRelevanceScore: 0,
    requireFactualAccuracy: false,
  },
};
