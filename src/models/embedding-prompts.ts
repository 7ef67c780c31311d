/** What a model wants to stand before a text, by what the text is; empty where it wants nothing. */
export type EmbeddingPrompts = {
  /** A question that texts are looked for by. */
  readonly query: string;
  /** A text that is looked for. */
  readonly document: string;
  /** One of two texts that are compared with each other. */
  readonly similarity: string;
};

type Family = { readonly names: RegExp; readonly prompts: EmbeddingPrompts };

const none: EmbeddingPrompts = { query: "", document: "", similarity: "" };
const passageSearch = "Represent this sentence for searching relevant passages: ";

/** As the cards of the models say; the first that fits counts. Files do not tell it. */
const families: readonly Family[] = [
  {
    names: /nomic-embed-text/,
    prompts: { query: "search_query: ", document: "search_document: ", similarity: "clustering: " },
  },
  // Those that follow instructions take no "passage: ".
  { names: /\be5-.*instruct|e5-mistral/, prompts: none },
  {
    names: /\be5-(?:small|base|large)/,
    prompts: { query: "query: ", document: "passage: ", similarity: "query: " },
  },
  { names: /arctic-embed(?:2|.*v2)/, prompts: { ...none, query: "query: " } },
  {
    names: /arctic-embed|mxbai-embed-large|\bbge-(?:small|base|large)-en/,
    prompts: { ...none, query: passageSearch },
  },
  {
    names: /embedding-?gemma/,
    prompts: {
      query: "task: search result | query: ",
      document: "title: none | text: ",
      similarity: "task: sentence similarity | query: ",
    },
  },
  {
    names: /qwen3-embedding/,
    prompts: {
      query: instruct("Given a web search query, retrieve relevant passages that answer the query"),
      document: "",
      similarity: instruct("Retrieve semantically similar text"),
    },
  },
];

function instruct(task: string): string {
  return `Instruct: ${task}\nQuery:`;
}

/** The prompts of an embedding model, by the names that it goes by: that of the library and the title in its file. */
export function findEmbeddingPrompts(...names: readonly (string | undefined)[]): EmbeddingPrompts {
  const told = names.map((name) => name?.toLowerCase().replaceAll(/[\s_]+/g, "-"));
  const family = families.find(({ names: pattern }) => told.some((name) => name && pattern.test(name)));
  return family?.prompts ?? none;
}
