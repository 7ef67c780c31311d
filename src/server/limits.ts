/** Largest request body. */
export const maxBodyBytes = 32 * 1024 * 1024;
/** Deepest nesting of a JSON body; schemas are walked recursively further down. */
export const maxJsonDepth = 100;
/** Characters of all messages, or of one prompt. */
export const maxPromptCharacters = 4 * 1024 * 1024;
export const maxMessages = 8192;
export const maxTools = 256;
export const maxNameCharacters = 256;
export const maxModelIdCharacters = 255;
/** Models named in an error that asks to choose one. */
export const maxListedModels = 10;
/** Models named by /health and /ready. */
export const maxHealthModels = 100;
/** LoRA adapters of one request. */
export const maxAdapters = 16;
export const maxKeepAliveCharacters = 64;
/** Tokens of an earlier answer's `context`. */
export const maxContextTokens = 1024 * 1024;
/** Largest file that can be uploaded as a blob: 1 TiB. */
export const maxBlobBytes = 2 ** 40;
/** Files, adapters, parameters or licences of one model that is created. */
export const maxModelParts = 256;
/** Largest module that can be uploaded; a plugin's own limit may be lower. */
export const maxPluginBytes = 256 * 1024 * 1024;
/** Texts that are cut, named in the truncation header. */
export const maxTruncatedNames = 32;
/** Collections that one request is answered from. */
export const maxCollections = 32;
/** Texts that one request is given from collections. */
export const maxRetrieved = 50;
/** Callers whose requests are counted apart; those beyond share one count. */
export const maxRateKeys = 10_000;
/** Tags of one request. */
export const maxTags = 16;
/** Answers to one prompt. */
export const maxChoices = 16;
export const maxStops = 4;
export const maxStopCharacters = 1024;
export const maxTopLogprobs = 20;
export const maxLogitBiasEntries = 1024;
export const maxSequenceBreakers = 64;
export const maxGuidedChoices = 1000;
export const maxGrammarCharacters = 1024 * 1024;
/** Values of all enums of one JSON schema; every one is weighed against the vocabulary at each token. */
export const maxSchemaEnumValues = 1000;
/** Schemas within one JSON schema. */
export const maxSchemaNodes = 5000;
/** Prompts of one completions request. */
export const maxPrompts = 128;
/** Prompts of one request that are in the engine at the same time. */
export const maxConcurrentPrompts = 8;
export const maxEmbeddingInputs = 2048;
export const maxDocuments = 1024;
/** Servers that may have passed a request on; two that send to each other would do so for ever. */
export const maxHops = 4;
export const maxRequestIdCharacters = 199;
/** Names listed in the warning header. */
export const maxIgnoredNames = 32;
/** Bytes of a stream that wait for a slow client before the generation is held back. */
export const maxUnsentStreamBytes = 256 * 1024;
/** A connection that sends nothing for this long while a request is being read is closed. */
export const readTimeoutSeconds = 60;
/** Between the deadline of a stop and the end of connections whose request has not ended by then. */
export const stopGraceMs = 1000;
/** Between frames that say nothing, in a stream that is otherwise silent. */
export const keepAliveIntervalMs = 15_000;
/** OpenAI's default length of a completion. */
export const defaultCompletionTokens = 16;
